internal import Engine
internal import PusherHost
internal import Rotation

/// How far a look through scopes has come.
package struct FindProgress: Sendable {
    /// Scopes that were looked through, and that are known so far.
    package var done = 0
    package var known = 0
    /// Places that were found.
    package var places = 0
    /// What is waited for, in words; nil: nothing.
    package var waiting: String?
}

/// Looks through scopes: each is asked about in a call of its own, which lists its places and the scopes below it.
struct FindWalk {
    /// A scope on the way, and its number in the list of all.
    private struct Step {
        var scope: FoundScope
        var pusher: String
        var parent: Int?
        var depth: Int
        var tries = 0
    }

    /// What was seen.
    struct Result {
        /// A place, and the number of its scope.
        var places: [(scope: Int, place: FoundPlace)] = []
        var scopes: [(pusher: String, name: String, parent: Int?)] = []
        /// Parts that were not seen.
        var gaps: [(pusher: String, gap: FoundGap)] = []
        /// How calls ended that saw nothing of a scope that was asked for.
        var unseenRoots: [PushResult.Outcome] = []
    }

    /// Calls at the same time: of what a service allows at once, some is left for rotations.
    private static let callsAtOnce = 6
    /// How long one call may take: GitHub's limit of requests can hold one back for an hour, and is waited for between calls.
    private static let callTime: Duration = .seconds(900)
    private static let mostScopes = 50_000
    private static let mostPlaces = 50_000
    private static let deepest = 8
    /// Tries of one scope that fails for the moment.
    private static let mostTries = 4
    /// All the time that pauses of services may take.
    static let longestWait: Duration = .seconds(2 * 3_600)

    let host: PusherHost
    let clock: any EngineClock
    let report: @Sendable (FindProgress) -> Void

    func run(_ roots: [FindScope]) async -> Result {
        var result = Result()
        var steps = roots.map { Step(scope: FoundScope(name: $0.name), pusher: $0.pusher, parent: nil, depth: 0) }
        var seen = Set(steps.map { "\($0.pusher) \($0.scope.name) \($0.scope.fields)" })
        var progress = FindProgress(known: steps.count)
        var waited: Duration = .zero
        while !steps.isEmpty {
            // In rounds, so that a pause of a service is waited for once and not by every call.
            let round = steps
            steps = []
            var pause: Duration = .zero
            let first = result.scopes.count
            result.scopes += round.map { ($0.pusher, $0.scope.name, $0.parent) }
            await ask(round) { index, answer in
                var step = round[index]
                let id = first + index
                take(answer, of: step, id, &result)
                if let wait = Self.wait(answer, step), waited + max(pause, wait) <= Self.longestWait {
                    pause = max(pause, wait)
                    step.tries += 1
                    steps.append(step)
                } else {
                    progress.done += 1
                    if answer.outcome != .ok { result.gaps.append((step.pusher, Self.gap(answer, step))) }
                    if answer.outcome != .ok, step.parent == nil { result.unseenRoots.append(answer.outcome) }
                    for scope in answer.found.scopes {
                        guard step.depth < Self.deepest else {
                            result.gaps.append((step.pusher, Self.tooDeep(scope, step)))
                            break
                        }
                        guard seen.insert("\(step.pusher) \(scope.name) \(scope.fields)").inserted else { continue }
                        steps.append(Step(scope: scope, pusher: step.pusher, parent: id, depth: step.depth + 1))
                    }
                }
                progress.places = result.places.count
                progress.known = progress.done + steps.count + round.count - index - 1
                report(progress)
            }
            cut(&steps, &result)
            if pause > .zero {
                waited += pause
                progress.waiting = "a service asks for a pause of \(Moment.text(pause))"
                report(progress)
                await clock.sleep(for: pause)
                progress.waiting = nil
            }
        }
        return result
    }

    /// Asks about each, some at a time, and hands the answers on as they come.
    private func ask(_ steps: [Step], _ take: (Int, CallReport) -> Void) async {
        await withTaskGroup(of: (Int, CallReport).self) { group in
            var next = 0
            func start() {
                guard next < steps.count else { return }
                let (index, step) = (next, steps[next])
                next += 1
                let target = PusherTarget(
                    name: TargetName("\(step.pusher):\(step.scope.name)"), pusher: step.pusher,
                    fields: step.scope.fields,
                    exclusive: nil)
                group.addTask { [host] in (index, await host.call(.below, target, timeout: Self.callTime)) }
            }
            for _ in 0..<Self.callsAtOnce { start() }
            for await (index, answer) in group {
                take(index, answer)
                start()
            }
        }
    }

    private func take(_ answer: CallReport, of step: Step, _ id: Int, _ result: inout Result) {
        // What a call saw that is made again, it sees again.
        guard Self.wait(answer, step) == nil else { return }
        for place in answer.found.places where result.places.count < Self.mostPlaces {
            result.places.append((id, place))
        }
        result.gaps += answer.found.gaps.map { (step.pusher, $0) }
        if answer.found.isCut || result.places.count >= Self.mostPlaces {
            let gap = FoundGap(
                .unsupported, part: step.scope.name,
                message: "there is more than one answer may hold: the rest is left out")
            result.gaps.append((step.pusher, gap))
        }
    }

    private func cut(_ steps: inout [Step], _ result: inout Result) {
        let room = max(0, Self.mostScopes - result.scopes.count)
        guard steps.count > room else { return }
        let gap = FoundGap(
            .unsupported, part: listed(steps[room...].map(\.scope.name), most: 1),
            message: "more than \(Self.mostScopes) scopes: name those that matter")
        result.gaps.append((steps[room].pusher, gap))
        steps = Array(steps[..<room])
    }

    /// Scopes further down than they are followed: one line for all of one scope.
    private static func tooDeep(_ scope: FoundScope, _ step: Step) -> FoundGap {
        FoundGap(
            .unsupported, part: "\(scope.name) and what is next to it",
            message: "more than \(deepest) levels below the scope that was asked for: name \(step.scope.name)")
    }

    /// How long to wait before a scope is asked about again; nil: not again.
    private static func wait(_ answer: CallReport, _ step: Step) -> Duration? {
        guard step.tries + 1 < mostTries else { return nil }
        return switch answer.outcome {
        case .rateLimited: (answer.retryAfter ?? .seconds(60)) + .seconds(1)
        case .retryable, .timedOut, .unknown: .seconds(1 << step.tries)
        default: nil
        }
    }

    private static func gap(_ answer: CallReport, _ step: Step) -> FoundGap {
        FoundGap(answer.outcome, part: step.scope.name, message: answer.message)
    }
}
