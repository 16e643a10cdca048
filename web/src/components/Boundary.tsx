import { Component, type ReactNode } from "react";

/** One card that breaks leaves the page standing. */
export class Boundary extends Component<{ what: string; children: ReactNode }, { error: Error | undefined }> {
  override state: { error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className="note tone-red" role="alert">
        <p>
          {this.props.what} could not be shown: {error.message}
        </p>
        <button type="button" className="btn" onClick={() => this.setState({ error: undefined })}>
          Show it again
        </button>
      </div>
    );
  }
}
