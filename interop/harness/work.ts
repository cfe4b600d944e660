// The folder of this run's files, thrown away after it.
export const work = process.env.OFFHOOK_E2E_DIR ?? "/tmp";
