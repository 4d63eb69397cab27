/** Settings alone, for commands that start no server. */
export { loadSettings } from './load-settings.ts';
export { readSettingsFile, settingsFilePath } from './settings-file.ts';
export { flagOf, SETTINGS, SETTING_KEYS, type Settings } from './settings.ts';
