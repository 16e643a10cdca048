// Package seal keeps what users entrust to the server unreadable in the database
// and its backups: AES-256-GCM, bound to the user whose it is.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"crystalyse/internal/fault"
)

// keySize is the length of a key in bytes.
const keySize = 32

// Box seals and opens with one key.
type Box struct{ aead cipher.AEAD }

// New gives a box of a key of 64 hexadecimal digits.
func New(key string) (*Box, error) {
	raw, err := hex.DecodeString(strings.TrimSpace(key))
	if err != nil || len(raw) != keySize {
		// The error of hex would quote from the key.
		return nil, fault.Invalid("secret-key", "is not made of %d hexadecimal digits", 2*keySize).WithHint("make one with: openssl rand -hex %d", keySize)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, fault.Wrap(fault.CodeInternal, err, "the secret key cannot be used")
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fault.Wrap(fault.CodeInternal, err, "the secret key cannot be used")
	}
	return &Box{aead}, nil
}

// Open gives the box of the key in a file, which is made on first use, for its
// owner alone. Of several who make it at the same time all get the same.
func Open(path string) (*Box, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = makeKey(path)
	}
	if err != nil {
		return nil, fault.Wrap(fault.CodeUnavailable, err, "the secret key %s cannot be read", path)
	}
	return New(string(key))
}

// makeKey writes a key under a name of its own, then links it to its place, where
// it is whole or not at all.
func makeKey(path string) ([]byte, error) {
	raw := make([]byte, keySize)
	if _, err := rand.Read(raw); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // readable by its owner only
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(hex.EncodeToString(raw) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return os.ReadFile(path)
}

// Seal makes a text unreadable; only Unseal for the same owner reads it.
func (b *Box) Seal(text, owner string) ([]byte, error) {
	nonce := make([]byte, b.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, fault.Wrap(fault.CodeInternal, err, "nothing can be sealed")
	}
	return b.aead.Seal(nonce, nonce, []byte(text), []byte(owner)), nil
}

// Unseal reads what was sealed for an owner.
func (b *Box) Unseal(sealed []byte, owner string) (string, error) {
	n := b.aead.NonceSize()
	if len(sealed) < n {
		return "", errForeign
	}
	text, err := b.aead.Open(nil, sealed[:n], sealed[n:], []byte(owner))
	if err != nil {
		return "", errForeign
	}
	return string(text), nil
}

var errForeign = fault.New(fault.CodeConflict, "what was entrusted here was sealed with another secret key").
	WithHint("enter it again, or give back the secret key of before (CRYSTALYSE_SECRET_KEY)")
