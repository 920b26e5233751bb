// @ts-check
import DefaultTheme from 'vitepress/theme-without-fonts';
import SavingsCalculator from './SavingsCalculator.vue';

/** The generator's own look, in the system's fonts, and the one component that pages use. @type {import('vitepress').Theme} */
export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('SavingsCalculator', SavingsCalculator);
  },
};
