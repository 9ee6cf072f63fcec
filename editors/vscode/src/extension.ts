// The extension starts `sextant lsp` and connects the editor to it.
import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, type ServerOptions } from "vscode-languageclient/node";

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  context.subscriptions.push(
    vscode.commands.registerCommand("sextant.restart", restart),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("sextant.path")) {
        void restart();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
  client = undefined;
}

async function restart(): Promise<void> {
  await deactivate();
  await start();
}

async function start(): Promise<void> {
  const command = vscode.workspace.getConfiguration("sextant").get<string>("path") ?? "sextant";
  const server: ServerOptions = { command, args: ["lsp"] };
  const options: LanguageClientOptions = {
    documentSelector: [{ scheme: "file", language: "starlark" }],
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/{Clusterfile,Tiltfile,*.star,*.tiltfile,clusters.yaml}") },
  };
  client = new LanguageClient("sextant", "Sextant", server, options);
  try {
    await client.start();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    void vscode.window.showErrorMessage(`Sextant: cannot start ${command} lsp: ${reason}. Install sextant, or set sextant.path.`);
  }
}
