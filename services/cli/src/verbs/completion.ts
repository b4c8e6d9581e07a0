// `sealane completion`: prints a shell's completion script. No hub is asked for it.

import type { Command } from "commander";
import { Argument } from "commander";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import type { Place } from "../completion/places.ts";
import { placesOf } from "../completion/places.ts";
import { zshCompletion } from "../completion/zsh.ts";
import type { Invocation } from "./verb.ts";
import { examples } from "./verb.ts";

const scripts: Readonly<Record<string, (places: readonly Place[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** Adds the verb; it completes whatever the program can do when it is asked. */
export function addCompletion(program: Command, { io }: Invocation): void {
  program
    .command("completion")
    .description("Prints the completion script of a shell.")
    .addArgument(new Argument("<shell>", "the shell that is to complete").choices(Object.keys(scripts)))
    .addHelpText(
      "before",
      examples(
        "source <(sealane completion bash)     # or into ~/.bashrc",
        "source <(sealane completion zsh)      # after compinit, or into ~/.zshrc",
        "sealane completion fish | source      # or into ~/.config/fish/completions/sealane.fish",
      ),
    )
    .addHelpText(
      "after",
      "\nNames of clusters, services and tokens are asked of the hub, for at most a second.\n" +
        "It completes the command word sealane, so the program must be on the PATH under that name.",
    )
    .action((shell: string) => {
      io.stdout.write(scripts[shell]?.(placesOf(program)) ?? "");
    });
}
