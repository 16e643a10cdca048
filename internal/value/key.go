package value

import (
	"regexp"
	"strconv"
	"strings"

	"crystalyse/internal/fault"
)

// Key is a value key taken apart: `[<discovery>/]<call_id>.<path>`. A segment of
// the path is a list index or a property name; what a name holds of ".", "/",
// "%", "|", braces, backticks, blanks and control characters is written as
// percent and two hex digits a byte, and the empty name as a lone "%", so that
// different places of a result never share a key.
type Key struct {
	Discovery string   // "" for the discovery that cites it
	CallID    string   // t1.tool2, or c2.t1.tool2 in a candidate
	Path      []string // decoded
}

var keyPattern = regexp.MustCompile(`^(?:([A-Za-z0-9_-]{1,64})/)?((?:c\d{1,9}\.)*t\d{1,9}\.tool\d{1,9})\.(.+)$`)

// ParseKey reads a value key.
func ParseKey(s string) (Key, error) {
	m := keyPattern.FindStringSubmatch(s)
	if m == nil {
		return Key{}, fault.Invalid("key", "%q is not a value key", clip(s)).WithHint("write [<discovery>/]<call_id>.<path>, for example t1.tool1.items.0.energy_per_atom")
	}
	k := Key{Discovery: m[1], CallID: m[2]}
	for seg := range strings.SplitSeq(m[3], ".") {
		name, ok := unescape(seg)
		if !ok {
			return Key{}, fault.Invalid("key", "%q has a malformed segment %q", clip(s), clip(seg))
		}
		k.Path = append(k.Path, name)
	}
	return k, nil
}

// String writes the key in its one spelling.
func (k Key) String() string {
	s := k.CallID
	if k.Discovery != "" {
		s = k.Discovery + "/" + s
	}
	for _, seg := range k.Path {
		s += "." + escape(seg)
	}
	return s
}

const special = ".{}|/%`"

// escape keeps a property name to one segment of a key.
func escape(name string) string {
	if name == "" {
		return "%"
	}
	plain := true
	for _, r := range name {
		if mustEscape(r) {
			plain = false
			break
		}
	}
	if plain {
		return name
	}
	var b strings.Builder
	for _, r := range name {
		if !mustEscape(r) {
			b.WriteRune(r)
			continue
		}
		for _, c := range []byte(string(r)) {
			b.WriteByte('%')
			b.WriteString(strings.ToUpper(strconv.FormatUint(0x100|uint64(c), 16)[1:]))
		}
	}
	return b.String()
}

// mustEscape also covers blanks of all kinds: a citation ends at one.
func mustEscape(r rune) bool {
	return r <= ' ' || r == 0x7f || r == 0x85 || r == 0xa0 || strings.ContainsRune(special, r) ||
		r >= 0x2000 && r <= 0x200f || r >= 0x2028 && r <= 0x202f || r >= 0x205f && r <= 0x206f || r == 0x1680 || r == 0x3000 || r == 0xfeff
}

func unescape(seg string) (string, bool) {
	if seg == "%" {
		return "", true
	}
	if seg == "" {
		return "", false
	}
	out := make([]byte, 0, len(seg))
	for i := 0; i < len(seg); i++ {
		if seg[i] != '%' {
			out = append(out, seg[i])
			continue
		}
		if i+3 > len(seg) {
			return "", false
		}
		c, err := strconv.ParseUint(seg[i+1:i+3], 16, 8)
		if err != nil {
			return "", false
		}
		out = append(out, byte(c))
		i += 2
	}
	return string(out), true
}

func clip(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "..."
	}
	return s
}
