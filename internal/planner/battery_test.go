package planner

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBatteries(t *testing.T) {
	t.Parallel()
	l := newLab("creative", "What is the gravimetric capacity of Na2FePO4F?", everyTool...)
	text := l.run(t)
	require.Equal(t, []map[string]any{{"formula": "Na2FePO4F", "ion": "Na", "n": 1}}, l.asked("battery_metrics"))
	require.Contains(t, text, "capacity.gravimetric_capacity}}")
	require.Contains(t, text, "{{assume:at most one electron")

	l = newLab("creative", "Average voltage of LiFePO4 as a cathode?", everyTool...)
	text = l.run(t)
	require.Equal(t, "Li", l.asked("remove_ion")[0]["element"])
	require.Equal(t, "st_charged", l.asked("relax_structure")[0]["structure_id"])
	require.Equal(t, "re_charged", l.asked("battery_metrics")[0]["charged_structure_id"])
	require.Contains(t, text, "voltage.average_voltage}}")

	l = newLab("creative", "A new K-ion cathode with capacity and voltage", everyTool...)
	text = l.run(t)
	require.Contains(t, text, "voltage.average_voltage}}")
	require.NotContains(t, text, "not available")

	l = newLab("creative", "capacity of MgO", everyTool...)
	l.run(t)
	l = newLab("creative", "battery capacity of TiO2", everyTool...)
	require.Contains(t, l.run(t), "a compound that holds the working ion")
}

func TestElectronsOfAFormula(t *testing.T) {
	t.Parallel()
	for f, want := range map[string]int{"Na2FePO4F": 1, "LiFePO4": 1, "LiMn2O4": 1, "Na3V2(PO4)3": 2, "Li2MnO3": 1, "Na3PS4": 3, "LiTi2(PO4)3": 1} {
		ion := "Na"
		if strings.HasPrefix(f, "Li") {
			ion = "Li"
		}
		require.Equal(t, want, electrons(f, ion), f)
	}
}

// TestALayeredHostHasTheLeastSureVolume: what holds its layers is not in the
// training data.
func TestALayeredHostHasTheLeastSureVolume(t *testing.T) {
	t.Parallel()
	host := func(label string) material {
		return material{relaxed: done{result: map[string]any{"items": []any{map[string]any{"label": label}}}}}
	}
	require.Contains(t, host("LiCoO2 (nafeo2)").voltageErrors(), "Least sure is the volume")
	require.Equal(t, voltageError, host("LiFePO4 (olivine)").voltageErrors())
	require.Equal(t, voltageError, material{}.voltageErrors())
}
