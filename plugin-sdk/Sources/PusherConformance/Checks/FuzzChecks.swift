internal import CKeyturnPusher

/// Made-up input. One process is one case, so that a crash names it.
enum FuzzChecks {
    static let all = [
        ConformanceCheck("fuzz-configuration", "No configuration crashes or hangs open.", isSeeded: true) {
            bench throws(Stop) in
            var random = Random(seed: bench.subject.seed, iteration: bench.subject.iteration)
            let configuration = Mutation.json(try bench.configuration(), &random)
            let host = ScriptedHost(.init(lending: .fenced))
            let library = try Library(path: bench.subject.library, host: host)
            bench.doing("open with a made-up configuration")
            let instance = Instance(library, host, configuration: configuration)
            bench.judge(instance.opening, "open")
            guard instance.isOpen else { return }
            bench.doing("push after open with a made-up configuration")
            bench.judge(instance.push(KeyPair(), to: try bench.target(), World(bench.subject.rules)), "push")
            instance.close()
        },
        ConformanceCheck("fuzz-targets", "No target's fields crash or hang a call.", isSeeded: true) {
            bench throws(Stop) in
            var random = Random(seed: bench.subject.seed, iteration: bench.subject.iteration)
            let instance = try bench.open(.init(lending: .fenced))
            guard let sample = bench.subject.targets.first else { throw Stop("needs a target", .warn) }
            for _ in 0..<8 {
                var target = Target(sample)
                target.fields = Mutation.json(sample, &random)
                bench.doing("calls for a made-up target")
                bench.judge(instance.check(target, World(bench.subject.rules)), "check")
                bench.judge(instance.push(KeyPair(), to: target, World(bench.subject.rules)), "push")
            }
            instance.close()
        },
        ConformanceCheck("fuzz-replies", "No answer of the service crashes or hangs a call.", isSeeded: true) {
            bench throws(Stop) in
            let instance = try bench.open(.init(lending: .fenced))
            let target = try bench.target()
            for round in 0..<8 {
                let (seed, iteration) = (bench.subject.seed, bench.subject.iteration * 8 + round)
                let world = World(bench.subject.rules) { number, answer in
                    var random = Random(seed: seed &+ UInt64(number) &* 7_919, iteration: iteration)
                    return Mutation.answer(answer, &random)
                }
                bench.doing("calls with made-up answers")
                bench.judge(instance.push(KeyPair(), to: target, world), "push")
                bench.judge(instance.check(target, world), "check")
                if let ending = instance.inspect(target, world) { bench.judge(ending, "inspect") }
            }
            instance.close()
        },
    ]
}
