import Glibc
import Secrets
import Testing

@testable import Programs

@Suite("Programs that the configuration names", .timeLimit(.minutes(1)))
struct ProgramTests {
    private let path = ["PATH": "/usr/bin:/bin"]

    private func program(
        _ script: String, within limit: Duration = .seconds(20), outputLimit: Int? = 1_024, secrets: [Secret] = []
    ) -> Program {
        Program(
            ["sh", "-c", script], environment: path, timeLimit: limit, outputLimit: outputLimit, secrets: secrets)
    }

    private func failure(_ program: Program, input: [UInt8] = []) -> ProgramFailure? {
        do { _ = try program.run(input: input) } catch { return error }
        return nil
    }

    private func text(_ secret: Secret) -> String { secret.withBytes { String(decoding: $0, as: UTF8.self) } }

    @Test("what it writes is given back, and what it reads is what it was given")
    func output() throws {
        #expect(text(try program("cat; echo done").run(input: Array("in\n".utf8))) == "in\ndone\n")
        #expect(text(try program("cat; echo done").run()) == "done\n")
        #expect(text(try program("echo dropped", outputLimit: nil).run()).isEmpty)
    }

    @Test("an input that is larger than a pipe is written as it is read, and one that is not read is dropped")
    func input() throws {
        let large = [UInt8](repeating: 0x61, count: 300_000)
        #expect(text(try program("wc -c").run(input: large)).contains("300000"))
        _ = signal(SIGPIPE, SIG_IGN)
        #expect(text(try program("exec 0<&-; sleep 0.2; echo done").run(input: large)) == "done\n")
    }

    @Test("it has the variables that it is given and no others, no descriptors, and a group of its own")
    func surroundings() throws {
        let open = fcntl(0, F_DUPFD, 50)
        defer { close(open) }
        let script = "env | sort; ls /proc/self/fd; cut -d' ' -f5 /proc/$$/stat; echo $$"
        let lines = text(try program(script).run()).split(separator: "\n").map(String.init)
        #expect(lines.filter { $0.contains("=") }.map { $0.split(separator: "=")[0] } == ["PATH", "PWD"])
        // The fourth is ls's own, for the directory.
        #expect(lines.filter { !$0.contains("=") }.prefix(4) == ["0", "1", "2", "3"])
        #expect(lines.suffix(2).first == lines.last)
    }

    @Test("one that hangs gets SIGTERM, and all that it started in its group with it")
    func late() {
        let begun = ContinuousClock.now
        let found = failure(
            program("trap 'echo stopping >&2; exit 0' TERM; sleep 600 & wait", within: .milliseconds(500)))
        #expect(found?.code == .late)
        #expect(found?.lastLine == "stopping")
        #expect(ContinuousClock.now - begun < .seconds(2))
    }

    @Test("one that ignores SIGTERM gets SIGKILL two seconds later")
    func stubborn() {
        let begun = ContinuousClock.now
        let found = failure(program("trap '' TERM; while :; do sleep 600; done", within: .milliseconds(200)))
        #expect(found?.code == .late)
        #expect((Duration.seconds(2)..<Duration.seconds(5)).contains(ContinuousClock.now - begun))
    }

    @Test("a daemon that holds the pipes delays nothing, and stays where it began a session of its own")
    func daemon() throws {
        let begun = ContinuousClock.now
        let script = "setsid sleep 30 & echo $!; echo secret"
        let lines = text(try program(script).run()).split(separator: "\n")
        #expect(lines.last == "secret")
        #expect(ContinuousClock.now - begun < .seconds(5))
        let left = try #require(pid_t(lines[0]))
        #expect(kill(left, 0) == 0)
        kill(left, SIGKILL)
    }

    @Test("what it leaves behind in its group ends with it")
    func leftovers() throws {
        let left = try #require(pid_t(text(try program("sleep 30 & echo $!").run()).dropLast()))
        let end = ContinuousClock.now + .seconds(5)
        func isAlive() throws -> Bool {
            guard let file = fopen("/proc/\(left)/stat", "r") else { return false }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 256)
            guard fgets(&line, 256, file) != nil else { return false }
            return !String(decoding: line.map { UInt8(bitPattern: $0) }, as: UTF8.self).contains(") Z ")
        }
        while try isAlive() {
            guard ContinuousClock.now < end else {
                Issue.record("it is alive")
                return
            }
            usleep(5_000)
        }
    }

    @Test("one that floods its output is ended, and a flood of errors is not a fault")
    func floods() throws {
        let begun = ContinuousClock.now
        let found = failure(program("yes"))
        #expect(found?.code == .large)
        #expect(found?.reason == "wrote more than 1 KiB and was ended")
        #expect(ContinuousClock.now - begun < .seconds(5))
        #expect(text(try program("head -c 5000000 /dev/zero >&2; echo done").run()) == "done\n")
        #expect(text(try program("head -c 1024 /dev/zero").run()).utf8.count == 1_024)
        #expect(failure(program("head -c 1025 /dev/zero"))?.code == .large)
    }

    @Test("a cancelled task ends it")
    func cancelled() async throws {
        let waiting = Task { try await program("sleep 600").runInBackground() }
        waiting.cancel()
        let found = await #expect(throws: ProgramFailure.self) { try await waiting.value }
        #expect(found?.code == .stopped)
    }

    @Test("how it failed is said: status, signal, and the last line that it wrote to stderr")
    func failures() {
        #expect(
            failure(program("echo first >&2; echo 'no such vault' >&2; exit 3"))?.description
                == "sh ended with status 3; the last line that it wrote to stderr: no such vault")
        #expect(failure(program("exit 7"))?.description == "sh ended with status 7")
        #expect(failure(program("kill -9 $$"))?.description == "sh was ended by signal 9 (Killed)")
        #expect(failure(program("printf '\\033[2Jbold\\n\\n' >&2; exit 1"))?.lastLine == "[2Jbold")
        let missing = failure(Program(["no-such-program"], environment: path, timeLimit: .seconds(1)))
        #expect(missing?.description == "no-such-program cannot be started: No such file or directory")
        let directory = failure(Program(["/tmp"], environment: path, timeLimit: .seconds(1)))
        #expect(directory?.description == "/tmp cannot be started: Permission denied")
        let cut = failure(Program(["true", "a\0b"], environment: path, timeLimit: .seconds(1)))
        #expect(cut?.code == .notStarted)
    }

    @Test("no secret is in its last line: none of its output, none that it was given, and nothing that looks like one")
    func lastWords() {
        let given = Secret.text("open-sesame")
        for (script, shown) in [
            ("echo hunter2hunter2; echo bad: hunter2hunter2 >&2", "bad: [redacted]"),
            ("echo key open-sesame refused >&2", "key [redacted] refused"),
            ("echo '+ curl -H Token:glpat-Zm9vYmFyYmF6cXV4' >&2", "+ curl -H Token:…"),
            ("echo permission denied for /srv/vault/keys >&2", "permission denied for /srv/vault/keys"),
        ] {
            #expect(failure(program(script + "; exit 1", secrets: [given]))?.lastLine == shown)
        }
    }

    @Test("the ordinary variables, and those that are named")
    func environment() {
        let all = ["PATH": "p", "HOME": "h", "TRAVIS_TOKEN": "t", "VAULT_ADDR": "v", "AWS_SECRET_ACCESS_KEY": "s"]
        #expect(ProgramEnvironment.of(all) == ["PATH": "p", "HOME": "h"])
        #expect(
            ProgramEnvironment.of(all, named: ["VAULT_ADDR", "UNSET"]) == ["PATH": "p", "HOME": "h", "VAULT_ADDR": "v"])
        #expect(ProgramEnvironment.isName("_Vault_2") && !ProgramEnvironment.isName("2x"))
        #expect(!ProgramEnvironment.isName("A=B") && !ProgramEnvironment.isName("") && !ProgramEnvironment.isName("Ä"))
    }
}
