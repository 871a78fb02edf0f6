internal import ArgumentParser
internal import Glibc
internal import Journal
internal import Secrets

/// The program.
@main
struct Keyturn: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "keyturn",
        abstract: "Rotates the AWS access keys of IAM users whose keys sit in CI systems.",
        discussion: """
            A key is deactivated only after every target has confirmed its successor, and this holds through failed \
            pushes, lost replies, restarts and kill -9.

            Begin with `keyturn demo`: a whole rotation on built-in stand-ins, without account or network. Then \
            `keyturn init` writes a configuration to fill in, and `keyturn check --online` tries it.

            Exit status: 0 done, or nothing due; 1 failed; 64 usage; 69 a service cannot be reached; 75 not finished, \
            try again; 77 not allowed (credentials, pins); 78 configuration.
            """,
        version: version,
        subcommands: [
            Demo.self, Init.self, Check.self, Plan.self, Step.self, Rotate.self, Run.self, Status.self, History.self,
            Retry.self, Skip.self, Rollback.self, Revoke.self, Adopt.self, PolicyCommand.self, ConfigCommand.self,
            Notify.self,
            PluginCommand.self,
            SandboxCommand.self,
        ])

    static func main() async {
        ProcessHardening.apply()
        // A reader that has gone (`keyturn status | head`) is no reason to crash.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let finished as FinishedWith {
            Self.exit(withError: ExitCode(finished.status.rawValue))
        } catch let failure as CommandFailure {
            tell(failure)
        } catch let error as JournalError {
            tell(CommandFailure(error))
        } catch {
            Self.exit(withError: error)
        }
    }

    private static func tell(_ failure: CommandFailure) {
        failure.tell(asJSON: CommandLine.arguments.contains("--json"))
        Self.exit(withError: ExitCode(failure.status.rawValue))
    }
}
