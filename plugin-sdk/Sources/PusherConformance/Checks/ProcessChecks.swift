internal import CKeyturnPusher
internal import Glibc

/// What belongs to the whole process, and so not to the plugin. Each check lives a whole life: load, calls, close.
enum ProcessChecks {
    static let all = [
        ConformanceCheck(
            ConformanceCheck.enclosure,
            "Sandboxed by the kernel, it does its work, and tries nothing it was not granted."
        ) { bench throws(Stop) in try live(bench) },
        compare("signals", "Signal handlers and the signal mask are left alone.") { bench, before, after in
            let runtime = bench.subject.runtime
            for index in before.signals.indices where runtime?.handledSignals.contains(index + 1) != true {
                var expected = before.signals[index]
                if runtime?.movesHandlers == true { expected.flags |= after.signals[index].flags & SA_ONSTACK }
                if expected != after.signals[index] { bench.fail("it set a handler for signal \(index + 1)") }
            }
            if before.signalMask != after.signalMask { bench.fail("it changed the mask of signals") }
        },
        compare("working-directory", "The working directory is left alone.") { bench, before, after in
            if before.directory != after.directory { bench.fail("it went to \(after.directory)") }
        },
        compare("environment", "The environment is left alone.") { bench, before, after in
            let names = Set(before.environment.keys).union(after.environment.keys)
            for name in names.sorted() where before.environment[name] != after.environment[name] {
                bench.fail("it changed the environment's \(name)")
            }
        },
        compare("locale", "The locale is left alone.") { bench, before, after in
            if before.locale != after.locale {
                bench.fail("it changed the locale from \(before.locale) to \(after.locale)")
            }
        },
        compare("umask", "The mask for new files is left alone.") { bench, before, after in
            if before.mask != after.mask { bench.fail("it set umask to 0\(String(after.mask, radix: 8))") }
        },
        compare("descriptors", "Nothing that it opened stays open after close.") { bench, before, after in
            let kept = bench.subject.runtime?.keptDescriptors ?? []
            for descriptor in Set(after.descriptors).subtracting(before.descriptors).sorted()
            where !kept.contains(where: { descriptor.contains("→ \($0)") }) {
                bench.fail("the descriptor \(descriptor) is left open")
            }
            for descriptor in Set(before.descriptors).subtracting(after.descriptors).sorted() {
                bench.fail("it closed the descriptor \(descriptor), which is not its own")
            }
        },
        compare("threads", "No thread of it is left after close.") { bench, before, after in
            // A thread that was asked to end may need a moment.
            let kept = bench.subject.runtime?.keptThreads ?? 0
            var left = after.threads - before.threads
            for _ in 0..<50 where left > kept {
                usleep(10_000)
                left = ProcessState().threads - before.threads
            }
            if left > kept {
                bench.fail("\(left) threads are left" + (kept > 0 ? "; its runtime may keep \(kept)" : ""))
            }
        },
        ConformanceCheck("output", "Nothing is written to stdout or stderr.") { bench throws(Stop) in
            var pipe: [Int32] = [-1, -1]
            guard Glibc.pipe(&pipe) == 0 else { throw Stop("no pipe", .warn) }
            for end in pipe { _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL, 0) | O_NONBLOCK) }
            dup2(pipe[1], 1)
            dup2(pipe[1], 2)
            try live(bench)
            fflush(nil)
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = read(pipe[0], &buffer, buffer.count)
            guard count > 0 else { return }
            let written = String(decoding: buffer[..<count], as: UTF8.self)
            let secrets = [(name: "the secret access key", value: KeyPair().secret)] + bench.subject.secrets
            let found = SecretSearch(secrets).find(in: written)
            bench.fail("it wrote \(count) bytes to stdout or stderr: " + (found ?? quoted(written)))
        },
    ]

    private static func compare(
        _ name: String, _ rule: String, _ look: @escaping @Sendable (Bench, ProcessState, ProcessState) -> Void
    ) -> ConformanceCheck {
        ConformanceCheck(name, rule) { bench throws(Stop) in
            let before = ProcessState()
            try live(bench)
            look(bench, before, ProcessState())
        }
    }

    /// Loads, opens, calls with good and bad answers, and closes.
    private static func live(_ bench: Bench) throws(Stop) {
        let instance = try bench.open()
        let target = try bench.target()
        for fault in [nil, Fault.serverError, .lost, .garbage] {
            bench.doing("calls, with every request answered: \(fault?.name ?? "well")")
            for number in 1...3 {
                let world = World(bench.subject.rules, fault: fault)
                bench.judge(instance.push(KeyPair(number == 3 ? 3 : 1), to: target, world), "push")
                bench.judge(instance.check(target, world), "check")
                _ = instance.inspect(target, world)
            }
        }
        bench.doing("close")
        instance.close()
    }
}
