internal import ArgumentParser
internal import Operations

/// What a shell offers on Tab: names of the configuration that is found without `--config`.
enum Suggestions {
    static let users = CompletionKind.custom { _, _, _ in context.map(ConfiguredNames.users) ?? [] }
    static let targets = CompletionKind.custom { _, _, _ async in
        guard let context else { return [] }
        return await ConfiguredNames.targets(context)
    }

    private static var context: OperationContext? { (try? GlobalOptions.parse([])).map { OperationContext($0) } }
}
