package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Seed makes the same sentences on every machine.
const Seed = 20261130

var (
	cations  = strings.Fields("Li Na K Rb Cs Mg Ca Sr Ba Zn Cd Al Ga In Sn Pb Sb Bi Ti Zr Hf V Nb Ta Cr Mo W Mn Fe Co Ni Cu Ag Y La Ce Nd Sm Gd")
	anions   = strings.Fields("O S Se Te F Cl Br I N P As")
	patterns = []string{"%[1]s%[3]s", "%[1]s2%[3]s", "%[1]s%[3]s2", "%[1]s2%[3]s3", "%[1]s%[2]s%[3]s3", "%[1]s2%[2]s%[3]s4", "%[1]s%[2]s2%[3]s4", "%[1]s3%[2]s%[3]s6", "%[1]s%[2]s%[3]s2", "%[1]s2%[2]s%[3]s6"}
	groups   = strings.Fields("Fm-3m Pm-3m F-43m Pnma R-3c R-3m P6_3mc P4_2/mnm Fd-3m I4/mcm C2/m Pa-3 P6_3/mmc Cmcm P2_1/c I4/mmm Pbca P-1 R3c Imma")
	models   = []string{"CHGNet 0.3.0", "MACE-MP-0", "MACE-MPA-0"}
	uses     = []string{"a cathode of sodium batteries", "a solid electrolyte", "a lead-free absorber for solar cells", "a transparent conductor", "a thermoelectric", "a photocatalyst for water splitting", "a ferroelectric", "a phosphor host", "a hydrogen store", "a hard coating", "a topological insulator", "a permanent magnet without rare earths", "a scintillator", "a thermal barrier coating", "an anode of potassium batteries", "a low-loss microwave dielectric"}
	why      = []string{"the forces did not converge in 500 steps", "the composition has no charge-balanced assignment", "two atoms came closer than 0.9 angstrom", "the potential does not know one of the elements", "the budget of tool calls was spent", "every sampled cell collapsed to another prototype"}
)

// sentence is memory number i, as an assistant that remembers its work writes.
func sentence(i int) string {
	r := rand.New(rand.NewPCG(Seed, uint64(i))) //nolint:gosec // the same sentences everywhere, no secret
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	a, b := pick(cations), pick(cations)
	f := fmt.Sprintf(pick(patterns), a, b, pick(anions))
	g, m := pick(groups), pick(models)
	e, hull := -0.2-4*r.Float64(), 0.3*r.Float64()*r.Float64()
	switch r.IntN(8) {
	case 0:
		return fmt.Sprintf("%s relaxed in %s with %s: formation energy %.3f eV/atom, %.3f eV/atom above the hull.", f, g, m, e, hull)
	case 1:
		return fmt.Sprintf("Asked whether %s can serve as %s. Found the %s polymorph lowest in energy (%s, %.3f eV/atom).", f, pick(uses), g, m, e)
	case 2:
		return fmt.Sprintf("The structure search for %s sampled %d cells; the best is %s, volume %.1f cubic angstrom per atom.", f, 8+r.IntN(120), g, 8+25*r.Float64())
	case 3:
		return fmt.Sprintf("Failed for %s: %s.", f, pick(why))
	case 4:
		return fmt.Sprintf("%s is ruled out as %s: it lies %.3f eV/atom above the hull against %d competing phases.", f, pick(uses), 0.1+hull, 2+r.IntN(30))
	case 5:
		return fmt.Sprintf("SMACT calls %s %s; oxidation states were assigned for %s and %s.", f, pick([]string{"valid", "not valid", "valid only with mixed valence"}), a, b)
	case 6:
		return fmt.Sprintf("The user prefers %s based candidates for %s and excludes %s.", a, pick(uses), b)
	}
	return fmt.Sprintf("%s keeps a lattice parameter a of %.3f angstrom in %s after relaxation with %s to %s eV/angstrom.", f, 3+8*r.Float64(), g, m, pick([]string{"0.01", "0.03", "0.05"}))
}

// questions are asked against the memories; they share words, not sentences.
func question(i int) string {
	r := rand.New(rand.NewPCG(Seed+1, uint64(i))) //nolint:gosec // see above
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	f := fmt.Sprintf(pick(patterns), pick(cations), pick(cations), pick(anions))
	switch r.IntN(4) {
	case 0:
		return "What is known about " + f + " as " + pick(uses) + "?"
	case 1:
		return "Is " + f + " stable in " + pick(groups) + "?"
	case 2:
		return "Find " + pick(uses) + " with " + pick(cations) + " but without " + pick(cations)
	}
	return "Why did " + f + " fail before?"
}
