import React from 'react'
import clsx from 'clsx'
import styles from './panel.module.css'

export default function Figure({src, caption, alt = caption, className}) {
  return (
    <figure className={clsx(styles.wide, className)}>
      <img src={src} alt={alt} />
      {caption && <figcaption>{caption}</figcaption>}
    </figure>
  )
}
