import Glibc

/// Feeds libFuzzer's inputs to what reads bytes from outside. libFuzzer has the `main`: its options are the program's.
///
/// - `KEYTURN_FUZZ_TARGET=NAME`: which target; without it the names are printed.
/// - `KEYTURN_FUZZ_SEEDS=DIR`: writes inputs to begin with, a directory for each target, and ends.
enum Fuzz {
    // Written once, here, and never changed.
    nonisolated(unsafe) static let targets: [any FuzzTarget.Type] = [
        RunnerTarget.self, RequestTarget.self, ListenerTarget.self, XMLTarget.self, JSONTarget.self,
        ManifestTarget.self,
        LockFileTarget.self, TextTarget.self, LibraryTarget.self, YAMLTarget.self, ProofTarget.self, PackageTarget.self,
        IndexTarget.self,
    ]

    nonisolated(unsafe) static let chosen: any FuzzTarget.Type = {
        let name = variable("KEYTURN_FUZZ_TARGET")
        guard let target = targets.first(where: { $0.name == name }) else {
            print(targets.map { $0.name }.joined(separator: " "))
            exit(name == nil ? 0 : 64)
        }
        return target
    }()

    static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    static func writeSeeds(_ directory: String) {
        mkdir(directory, 0o755)
        for target in targets {
            mkdir("\(directory)/\(target.name)", 0o755)
            for (number, seed) in target.seeds.enumerated() {
                guard let file = fopen("\(directory)/\(target.name)/seed-\(number)", "w") else { exit(73) }
                guard seed.isEmpty || fwrite(seed, seed.count, 1, file) == 1 else { exit(74) }
                fclose(file)
            }
        }
        exit(0)
    }
}

/// Something that reads bytes from outside. It must end, soon and in bounded memory, whatever they are.
protocol FuzzTarget {
    static var name: String { get }
    /// Inputs to begin with.
    static var seeds: [[UInt8]] { get }
    static func take(_ bytes: UnsafeRawBufferPointer)
}

/// What must hold is said with this: a fuzzer finds what traps.
func demand(_ condition: Bool, _ words: String) { precondition(condition, words) }

/// libFuzzer's first call.
@c(LLVMFuzzerInitialize)
public func initialize(
    _ count: UnsafeMutablePointer<Int32>?,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> Int32 {
    if let directory = Fuzz.variable("KEYTURN_FUZZ_SEEDS") { Fuzz.writeSeeds(directory) }
    _ = Fuzz.chosen
    return 0
}

/// libFuzzer's call with each input.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    Fuzz.chosen.take(UnsafeRawBufferPointer(start: data, count: size))
    return 0
}
