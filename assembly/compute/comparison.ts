// Which comparison a generic kernel is made for; always a constant of the instance.
export const EQUAL = 0;
export const NOT_EQUAL = 1;
export const LESS = 2;
export const LESS_OR_EQUAL = 3;
export const GREATER = 4;
export const GREATER_OR_EQUAL = 5;
