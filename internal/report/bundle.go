package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	_ "embed"

	"crystalyse/internal/structure"
)

//go:embed reproduce/reproduce.py
var reproduceScript []byte

//go:embed reproduce/requirements.txt
var reproduceRequirements []byte

// Files gives a bundle the parts that are stored beside a report.
type Files interface {
	// Structure gives a stored crystal; a NotFound fault when it is gone.
	Structure(id string) (structure.Structure, error)
	// CIF gives its file.
	CIF(id string) ([]byte, error)
	// Trajectory gives the artifact of its relaxation; nil when there is none.
	Trajectory(id string) ([]byte, error)
}

// BundleFolders and BundleFiles name what a bundle holds, for whoever replaces one.
var (
	BundleFolders = []string{"structures"}
	BundleFiles   = []string{"report.md", "report.json", "hull.csv", "convergence.csv", "data.json", "reproduce.py", "requirements.txt"}
)

// Bundle makes the files a scientist takes away: the report, the crystals, hull
// and convergence as tables, and a script that repeats the calculations with the
// same libraries outside this system. missing names structures that are gone.
func Bundle(r Report, raw []byte, files Files, gone func(error) bool) (out map[string][]byte, missing []string, err error) {
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, raw, "", "  "); err != nil {
		return nil, nil, fmt.Errorf("report %s: %w", r.DiscoveryID, err)
	}
	pretty.WriteByte('\n')
	out = map[string][]byte{
		"report.md": []byte(Markdown(r)), "report.json": pretty.Bytes(), "reproduce.py": reproduceScript, "requirements.txt": reproduceRequirements,
	}
	crystals := map[string]structure.Structure{}
	var convergence [][]string
	for _, s := range r.Structures {
		cif, err := files.CIF(s.ID)
		if gone(err) {
			missing = append(missing, s.ID)
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("structure %s: %w", s.ID, err)
		}
		name := cifName(s, 8)
		if _, taken := out[name]; taken {
			name = cifName(s, len(s.ID))
		}
		out[name] = append(provenanceOf(r, s), cif...)
		if crystals[s.ID], err = files.Structure(s.ID); err != nil && !gone(err) {
			return nil, nil, fmt.Errorf("structure %s: %w", s.ID, err)
		}
		path, err := files.Trajectory(s.ID)
		if err != nil && !gone(err) {
			return nil, nil, fmt.Errorf("trajectory of %s: %w", s.ID, err)
		}
		convergence = append(convergence, convergenceRows(s, path)...)
	}
	out["hull.csv"] = table(hullHead, hullRows(r))
	out["convergence.csv"] = table(convergenceHead, convergence)
	if out["data.json"], err = reproducible(r, crystals); err != nil {
		return nil, nil, err
	}
	return out, missing, nil
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// cifName names a structure's file by its formula and the start of its id. Both
// come from a tool: no path may be made of them.
func cifName(s Structure, n int) string {
	short := notInName.ReplaceAllString(strings.TrimPrefix(s.ID, "st_"), "")
	return path.Join("structures", notInName.ReplaceAllString(s.Formula, "")+"_"+short[:min(n, len(short))]+".cif")
}

// provenanceOf is the comment at the head of a CIF: where the crystal comes from
// and what was computed of it, in which call and by which potential.
func provenanceOf(r Report, s Structure) []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) {
		text := strings.Map(func(c rune) rune {
			if c < ' ' {
				return ' '
			}
			return c
		}, fmt.Sprintf(format, args...))
		fmt.Fprintf(&b, "# %s\n", text)
	}
	line("%s, structure %s", s.Formula, s.ID)
	line("from CrystaLyse discovery %s, %s", r.DiscoveryID, r.EndedAt.UTC().Format("2006-01-02"))
	if origin := slices.DeleteFunc([]string{s.Origin, s.Label}, func(w string) bool { return w == "" }); len(origin) > 0 {
		line("origin: %s", strings.Join(origin, ", "))
	}
	if s.ParentID != "" {
		line("made from %s", s.ParentID)
	}
	if s.SpaceGroup != nil {
		line("space group %s (%d) at symprec %g angstrom", s.SpaceGroup.Symbol, s.SpaceGroup.Number, s.SpaceGroup.Symprec)
	}
	for _, v := range r.Values {
		if v.StructureID != s.ID || v.Number == nil {
			continue
		}
		by := v.Tool
		if p := v.Potential; p != nil {
			by += fmt.Sprintf(", %s %s, checkpoint %.12s, %s", p.Name, p.Version, p.CheckpointSHA256, p.EnergyLevel)
		}
		line("%s = %s %s (%s: %s)", v.Name, strconv.FormatFloat(*v.Number, 'g', 10, 64), v.Unit, v.Key, by)
	}
	return b.Bytes()
}

var (
	hullHead        = []string{"candidate", "system", "formula", "phase", "structure_id", "kind", "source", "formation_energy_per_atom_eV", "on_hull", "energy_above_hull_per_atom_eV", "verdict", "date", "call_id"}
	convergenceHead = []string{"structure_id", "formula", "step", "energy_eV", "fmax_eV_per_angstrom"}
)

func hullRows(r Report) [][]string {
	var rows [][]string
	for _, c := range r.Candidates {
		if c.Hull == nil {
			continue
		}
		for _, p := range c.Hull.Competing {
			above, verdict := "", ""
			if p.StructureID == c.BestStructureID {
				verdict = c.Verdict
				if c.EnergyAboveHullPerAtom != nil {
					above = number(*c.EnergyAboveHullPerAtom)
				}
			}
			rows = append(rows, []string{c.Formula, c.Hull.System, p.Formula, p.Phase, p.StructureID, p.Kind, p.Source, number(p.FormationEnergyPerAtom),
				strconv.FormatBool(p.OnHull), above, verdict, c.Hull.Date, c.Hull.CallID})
		}
	}
	return rows
}

func convergenceRows(s Structure, trajectory []byte) [][]string {
	var t struct {
		Steps    []int     `json:"steps"`
		Energies []float64 `json:"energies"`
		Fmax     []float64 `json:"fmax"`
	}
	if len(trajectory) == 0 || json.Unmarshal(trajectory, &t) != nil || len(t.Energies) != len(t.Steps) || len(t.Fmax) != len(t.Steps) {
		return nil // no relaxation led to this structure
	}
	rows := make([][]string, len(t.Steps))
	for i, step := range t.Steps {
		rows[i] = []string{s.ID, s.Formula, strconv.Itoa(step), number(t.Energies[i]), number(t.Fmax[i])}
	}
	return rows
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// table writes CSV. A cell that a spreadsheet would run as a formula is quoted
// as text; numbers stay numbers.
func table(head []string, rows [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(head) // a buffer takes everything
	for _, row := range rows {
		for i, cell := range row {
			if _, err := strconv.ParseFloat(cell, 64); err != nil && cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				row[i] = "'" + cell
			}
		}
		_ = w.Write(row)
	}
	w.Flush()
	return b.Bytes()
}
