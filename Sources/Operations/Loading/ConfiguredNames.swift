internal import Configuration
internal import Rotation

/// Names of the configuration that is found without `--config`, for shells that complete them.
///
/// Where there is none, or it is wrong, there are no names: a shell has no place for the reason, and the command reports it.
package enum ConfiguredNames {
    /// Those of `users`.
    package static func users(_ context: OperationContext) -> [String] {
        guard let file = try? Configuration.find(context.file, environment: context.environment),
            let configuration = try? Configuration(file: file)
        else { return [] }
        return configuration.users.map(\.name)
    }

    /// Those of all targets.
    package static func targets(_ context: OperationContext) async -> [String] {
        guard let (loaded, _) = try? await LoadedConfiguration.recalled(context, for: .looking) else { return [] }
        return loaded.users.flatMap { $0.targets.map(\.name.rawValue) }
    }
}
