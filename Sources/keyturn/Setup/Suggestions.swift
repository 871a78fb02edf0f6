internal import ArgumentParser
internal import Configuration
internal import FoundationEssentials
internal import Rotation

/// What a shell offers when somebody presses Tab: names of the configuration that is found without `--config`.
///
/// Where there is none, or it is wrong, nothing is offered: a shell has no place for the reason, and the command tells it.
enum Suggestions {
    static let users = CompletionKind.custom { _, _, _ in
        let environment = ProcessInfo.processInfo.environment
        guard let file = try? Configuration.find(nil, environment: environment),
            let configuration = try? Configuration(file: file)
        else { return [] }
        return configuration.users.map(\.name)
    }

    static let targets = CompletionKind.custom { _, _, _ in
        guard let options = try? GlobalOptions.parse([]), let workspace = try? Workspace(options) else { return [] }
        return workspace.users.flatMap { $0.targets.map(\.name.rawValue) }
    }
}
