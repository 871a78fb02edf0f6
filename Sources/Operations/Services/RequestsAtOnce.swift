/// How many questions go to IAM at the same moment.
private let requestsAtOnce = 8

/// Asks the same of many, some at the same moment.
///
/// - Returns: the answers, in the order of the items.
func atOnce<Item: Sendable, Answer: Sendable>(
    _ items: [Item], _ ask: @escaping @Sendable (Item) async -> Answer
) async -> [Answer] {
    await withTaskGroup(of: (Int, Answer).self) { group in
        var next = 0
        func start() {
            guard next < items.count else { return }
            let (index, item) = (next, items[next])
            next += 1
            group.addTask { (index, await ask(item)) }
        }
        for _ in 0..<requestsAtOnce { start() }
        var answers: [Int: Answer] = [:]
        for await (index, answer) in group {
            answers[index] = answer
            start()
        }
        return items.indices.compactMap { answers[$0] }
    }
}
