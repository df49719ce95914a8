import React, {type PropsWithChildren} from 'react';

export const Badge: React.FC<PropsWithChildren> = ({children}) => <span>({children})</span>;
