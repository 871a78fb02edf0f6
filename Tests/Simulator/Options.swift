internal import Foundation

/// The command line.
struct Options {
    var seeds: Range<UInt64> = 1..<1_001
    var isTraced = false
    /// Whether every state is to be visited instead.
    var isExhaustive = false
    var crashes = 2
    var failures = 2
    /// The run ends after so many violations.
    var violationLimit = 5
    /// Where worlds keep their states.
    var store = WorldStore.sqlite
    /// Threads that walk worlds.
    var workers = ProcessInfo.processInfo.activeProcessorCount

    struct Mistake: Error, CustomStringConvertible {
        var description: String
    }

    init(_ arguments: ArraySlice<String>) throws {
        var words = arguments.makeIterator()
        var count: UInt64 = 1_000
        var first: UInt64 = 1
        func number(_ option: String) throws -> UInt64 {
            guard let word = words.next(), let number = UInt64(word) else { throw Mistake(description: "\(option) N") }
            return number
        }
        while let word = words.next() {
            switch word {
            case "--seeds": count = try number(word)
            case "--from": first = try number(word)
            case "--seed": (first, count) = (try number(word), 1)
            case "--violations": violationLimit = Int(try number(word))
            case "--workers": workers = max(Int(try number(word)), 1)
            case "--store":
                guard let store = words.next().flatMap(WorldStore.init) else {
                    throw Mistake(description: "--store sqlite, --store postgresql://…, or --store dynamodb, a fake")
                }
                self.store = store
            case "--trace": isTraced = true
            case "--exhaust": isExhaustive = true
            case "--crashes": crashes = Int(try number(word))
            case "--failures": failures = Int(try number(word))
            default:
                throw Mistake(
                    description:
                        "keyturn-simulate --seeds N [--from S] [--workers N] [--store sqlite|postgresql://…|dynamodb] | --seed S --trace | --exhaust [--crashes N] [--failures N]"
                )
            }
        }
        seeds = first..<(first + count)
    }
}
