// Before the first paint: the theme that was chosen, or the system's; and which zone to write times in.
const cookie = (name) => document.cookie.match(new RegExp(`(?:^|; )${name}=([^;]*)`))?.[1];
const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => {
  const chosen = cookie("admit_theme");
  const theme = chosen === "dark" || chosen === "light" ? chosen : dark.matches ? "dark" : "light";
  document.documentElement.dataset.bsTheme = theme;
};
paint();
dark.addEventListener("change", paint);
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && decodeURIComponent(cookie("admit_zone") ?? "") !== zone) {
  document.cookie = `admit_zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;
}
