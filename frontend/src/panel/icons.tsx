// Buttons whose name is read and shown on hover, and whose face is a drawing.

export function IconButton({ label, path, onClick, turns = false }: { label: string; path: string; onClick: () => void; turns?: boolean }) {
  return (
    <button type="button" class={turns ? "icon turns" : "icon"} aria-label={label} title={label} onClick={onClick}>
      <Icon path={path} />
    </button>
  );
}

export function Icon({ path }: { path: string }) {
  return <svg viewBox="0 0 24 24" aria-hidden="true"><path d={path} /></svg>;
}
