import { join } from "node:path";
import type { Attack } from "./attack.ts";
import { run, type Target } from "./target.ts";

const DROP_IN = "/etc/ssh/sshd_config.d/00-agentworks.conf";
const OWN_UNIT = "/etc/systemd/system/agentworks-session-own.service";
/** sshd has read its settings some time after it was told to. */
const RELOAD = "systemctl reload ssh; sleep 0.5";

/** What a machine may have that agents could make use of: a program of root's with the setuid bit, and a generous rule of polkit's. */
export async function leaveDoors(target: Target): Promise<void> {
  await target.root(`
    install -m 4755 /usr/bin/id /usr/local/bin/id-of-root
    echo 'polkit.addRule(function (action) { return "yes"; });' >/etc/polkit-1/rules.d/50-owner.rules
    printf '[Login]\\nUserStopDelaySec=1\\n' >/etc/systemd/logind.conf.d/quick.conf; systemctl kill -s HUP systemd-logind`);
}

/** Ways in, ways up and ways to stay. */
export const RIGHT_ATTACKS: readonly Attack[] = [
  {
    name: "a key of its own that logs in",
    tries: async (target) => {
      const key = join(target.home, "thief");
      await run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], { stdin: "n\n" });
      const line = await Bun.file(`${key}.pub`).text();
      await target.as(
        "agt-mallory",
        `mkdir -p -m 700 ~/.ssh; echo '${line.trim()}' | tee ~/.ssh/authorized_keys >~/.ssh/authorized_keys2; chmod 600 ~/.ssh/*`,
      );
      const argv = target.guest.sshArgv("root", "echo logged in").map((word) => {
        if (word === target.guest.privateKeyPath) return key;
        return word.replace(/^root@/, "agt-mallory@");
      });
      const { stdout, stderr } = await run(argv);
      return `${stdout}${stderr}\ntried`;
    },
    won: /logged in/,
    weaken: `sed -i.kept "s,^  AuthorizedKeysFile .*,& .ssh/authorized_keys," ${DROP_IN}; ${RELOAD}`,
    restore: `mv ${DROP_IN}.kept ${DROP_IN}; ${RELOAD}; rm -rf /home/agt-mallory/.ssh`,
  },
  {
    name: "a command of its own beside every login",
    tries: async ({ as }) => {
      await as("agt-mallory", "mkdir -p -m 700 ~/.ssh; echo 'echo rc ran >>~/rc' >~/.ssh/rc");
      return as("agt-mallory", "cat ~/rc; rm -rf ~/rc ~/.ssh; echo tried");
    },
    won: /rc ran/,
    weaken: `sed -i.kept 's/PermitUserRC no/PermitUserRC yes/' ${DROP_IN}; ${RELOAD}`,
    restore: `mv ${DROP_IN}.kept ${DROP_IN}; ${RELOAD}`,
  },
  {
    name: "an environment of its own for every login",
    tries: async ({ as }) => {
      await as("agt-mallory", "mkdir -p -m 700 ~/.ssh; echo PLANTED=planted-variable >~/.ssh/environment");
      return as("agt-mallory", "env; rm -rf ~/.ssh; echo tried");
    },
    won: /planted-variable/,
    weaken: `sed -i.kept '1i PermitUserEnvironment yes' /etc/ssh/sshd_config; ${RELOAD}`,
    restore: `mv /etc/ssh/sshd_config.kept /etc/ssh/sshd_config; ${RELOAD}`,
  },
  {
    name: "cron",
    tries: "echo '* * * * * true' | crontab - && crontab -l",
    won: /\* \* \* \* \* true/,
    weaken: "mv /etc/cron.deny /root/",
    restore: "crontab -r -u agt-mallory; mv /root/cron.deny /etc/",
  },
  {
    name: "lingering",
    tries: `loginctl enable-linger; loginctl enable-linger agt-mallory
      busctl call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager SetUserLinger ubb $UID true false
      ls /var/lib/systemd/linger | sed 's/^/lingers: /'`,
    won: /lingers: agt-mallory/,
    weaken:
      "mv /etc/dbus-1/system.d/agentworks.conf /etc/polkit-1/rules.d/00-agentworks.rules /root/; systemctl reload dbus; sleep 1",
    restore: `loginctl disable-linger agt-mallory; mv /root/00-agentworks.rules /etc/polkit-1/rules.d/
      mv /root/agentworks.conf /etc/dbus-1/system.d/; systemctl reload dbus`,
  },
  {
    name: "a service and a timer of its own that stay when it has logged out",
    tries: async ({ as, root }) => {
      await as(
        "agt-mallory",
        "systemd-run --user --on-active=1 --timer-property=AccuracySec=1 sleep 4711; systemd-run --user sleep 4711",
      );
      await Bun.sleep(3000);
      return `${await root("pgrep -u agt-mallory -f 'sleep 4711' | sed 's/^/stayed: /' || true")}\ntried`;
    },
    won: /stayed: \d+/,
    weaken: "loginctl enable-linger agt-mallory",
    restore: "loginctl disable-linger agt-mallory; pkill -u agt-mallory -f 'sleep 4711' || true",
  },
  {
    name: "an agent's shared memory, which ends with its last login",
    tries: async ({ as, root }) => {
      await as("agt-victim", "echo mine >/dev/shm/of-victim");
      await Bun.sleep(2500);
      return `${await root("[[ -e /dev/shm/of-victim ]] || echo it is gone")}\ntried`;
    },
    won: /it is gone/,
    weaken:
      "mv /etc/systemd/logind.conf.d/agentworks.conf /root/logind.conf; systemctl kill -s HUP systemd-logind; sleep 0.5",
    restore:
      "mv /root/logind.conf /etc/systemd/logind.conf.d/agentworks.conf; systemctl kill -s HUP systemd-logind; sleep 0.5",
  },
  {
    name: "rights by polkit that others on the machine have",
    tries: "pkcheck --action-id org.freedesktop.login1.power-off --process $$ && echo may power off",
    won: /may power off/,
    weaken: "mv /etc/polkit-1/rules.d/00-agentworks.rules /root/; sleep 1",
    restore: "mv /root/00-agentworks.rules /etc/polkit-1/rules.d/; sleep 1",
  },
  {
    name: "sudo",
    tries: "sudo -n id; id",
    won: /uid=0/,
    weaken: "echo 'agt-mallory ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/weak",
    restore: "rm /etc/sudoers.d/weak",
  },
  {
    name: "su, passwords and groups",
    tries: `for user in root agentworks agt-victim ws-private; do su $user -c id </dev/null & done; wait; echo x | chsh -s /bin/sh
      for group in root sudo shadow disk docker agentworks-proc; do timeout 1 sg $group id </dev/null & done; wait; id`,
    won: /uid=\d+\((?!agt-mallory)|groups=[^ ]*\((root|sudo|shadow|disk|docker|agentworks-proc)\)/,
    weaken: "passwd --delete agt-victim",
    restore: "passwd --lock agt-victim",
  },
  {
    name: "a setuid program, from its session",
    tries: async ({ inSession }) => `${await inSession("/usr/local/bin/id-of-root; sudo -n id")}\ntried`,
    won: /euid=0/,
    weaken: `sed -i 's/NoNewPrivileges=yes/NoNewPrivileges=no/' ${OWN_UNIT}; systemctl daemon-reload; systemctl restart agentworks-session-own`,
    restore: `sed -i 's/NoNewPrivileges=no/NoNewPrivileges=yes/' ${OWN_UNIT}; systemctl daemon-reload; systemctl restart agentworks-session-own`,
  },
  {
    name: "units of the machine, to stop, start and make",
    tries: `systemctl --no-ask-password stop agentworks-session-vic; systemctl --no-ask-password kill agentworks-session-vic
      systemd-run --no-ask-password --pipe --wait id
      ${"busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager ReloadUnit ss ssh.service replace"} && echo reloaded a service`,
    won: /reloaded a service|uid=0/,
    weaken:
      "mv /etc/dbus-1/system.d/agentworks.conf /etc/polkit-1/rules.d/00-agentworks.rules /root/; systemctl reload dbus; sleep 1",
    restore: `mv /root/00-agentworks.rules /etc/polkit-1/rules.d/; mv /root/agentworks.conf /etc/dbus-1/system.d/; systemctl reload dbus
      systemctl start agentworks-session-vic`,
  },
];
