/** Tests never see the developer's own agentworks, ssh agent or proxies: each test passes its world in. */
for (const name of [
  "AGENTWORKS_HOME",
  "AGW_DEBUG",
  "SSH_AUTH_SOCK",
  "TAILSCALE_AUTH_KEY",
  "NO_COLOR",
  "BUN_OPTIONS",
  "BUN_BE_BUN",
]) {
  delete process.env[name];
}
