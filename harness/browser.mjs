// @ts-check
import { chromium } from 'playwright-core';
import { chromiumCommand } from './chromium.mjs';

/**
 * Starts Chromium, headless, to see what a page does.
 * @param {import('playwright-core').LaunchOptions} [options]
 * @throws {Error} when there is none
 */
export const launchBrowser = (options = {}) => chromium.launch({ ...chromiumCommand(), headless: true, ...options });
