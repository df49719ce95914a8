import React, {useState, type ReactNode} from 'react'

type Props = {children: ReactNode; label?: string}

const Zoom: React.FC<Props> = ({children, label = 'Zoom in'}: Props): JSX.Element => {
  const [open, setOpen] = useState<boolean>(false)
  return (
    <div onClick={() => setOpen(!open)}>
      {children}
      <p>{open ? 'Zoom out' : label}</p>
    </div>
  )
}

export default Zoom
