import { Box } from "lucide-react";
import { useUi } from "../ui/state";

/** A structure by its id; choosing it shows it in the viewer. */
export function StructureLink({ id, label }: { id: string; label?: string }) {
  const select = useUi((u) => u.select);
  const setPhoneTab = useUi((u) => u.setPhoneTab);
  const selected = useUi((u) => u.selection.structure === id);
  return (
    <button
      type="button"
      className={`chip link ${selected ? "selected" : ""}`}
      aria-pressed={selected}
      title={`Show ${id}`}
      onClick={() => {
        select({ structure: id });
        setPhoneTab("crystal");
      }}
    >
      <Box size={12} aria-hidden />
      {label ?? id.slice(3, 11)}
    </button>
  );
}
