/** Finds the field for the number, to bring the focus into it from elsewhere on the page. */
export const kNumberField = "number-field";
