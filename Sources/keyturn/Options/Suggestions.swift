internal import ArgumentParser
internal import Operations

/// What a shell offers on Tab: names of the configuration that is found without `--config`.
enum Suggestions {
    static let users = CompletionKind.custom { _, _, _ in context.map(ConfiguredNames.users) ?? [] }
    static let targets = CompletionKind.custom { _, _, _ in context.map(ConfiguredNames.targets) ?? [] }

    private static var context: OperationContext? { (try? GlobalOptions.parse([])).map { OperationContext($0) } }
}
