import { shortcuts } from "../hooks/useShortcuts";
import { useUi } from "../ui/state";
import { Dialog } from "./Dialog";

/** The list behind `?`, and the switch that turns single keys off. */
export default function ShortcutsDialog() {
  const on = useUi((u) => u.shortcuts);
  const setOn = useUi((u) => u.setShortcuts);
  const setDialog = useUi((u) => u.setDialog);
  return (
    <Dialog title="Keyboard shortcuts" onClose={() => setDialog("")}>
      <label className="row">
        <input type="checkbox" checked={on} onChange={(e) => setOn(e.target.checked)} />
        Single-key shortcuts
      </label>
      <table className="dense">
        <tbody>
          {shortcuts.map((s) => (
            <tr key={s.keys}>
              <td>
                <kbd>{s.keys}</kbd>
              </td>
              <td>{s.does}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}
