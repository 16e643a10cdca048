package planner

// cathode proposes hosts for an ion; what a battery needs beyond structure and
// energy only the battery tools give.
func cathode(r request, h history) reply {
	named := len(r.metals) > 0 && len(r.framework) > 0
	r.system = r.chemistry(r.without)
	r.propose = true
	if r.count == 0 {
		r.count = 2
	}
	out := proposals(r, h)
	if len(out.calls) > 0 {
		if len(h) == 0 {
			out.text = "A host for " + r.ion + " ions needs a metal that can change its charge, and a framework. I look at " + r.systemName() + ". " + out.text
		}
		return out
	}
	if len(r.missing) == 0 && !r.offered["battery_metrics"] {
		out.text += "\n\nCapacity and voltage are not given: they need the tool `battery_metrics`, which is not available here."
	}
	if !r.stated {
		out.text += "\n\n{{assume:the question names no working ion, so " + r.ion + " was taken}}"
	}
	if !named {
		out.text += "\n\n{{assume:the chemistry " + r.systemName() + " was chosen because the question left it open}}"
	}
	return out
}

// ionOf is the ion whose removal is wanted; "" when the question is not about
// batteries.
func (r request) ionOf(best []material) string {
	if !r.battery.asked && !r.wants[wantCapacity] && !r.wants[wantVoltage] {
		return ""
	}
	if r.ion != "" {
		return r.ion
	}
	for _, m := range best {
		els, _ := elementsOf(m.formula)
		for _, e := range ionsOf {
			if contains(els, e) {
				return e
			}
		}
	}
	return ""
}

// charged relaxes the hosts without their ions and asks for the battery's figures.
func charged(r request, best []material, h history) (reply, bool) {
	return reply{}, false
}
