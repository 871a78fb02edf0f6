internal import AWS
internal import Configuration
internal import Engine
internal import JSON
internal import Journal
internal import Rotation

/// A job to paste into a CI system, which prints the key that it is given there.
package struct ProofJob: Encodable, Sendable {
    /// What is asked for.
    package struct Request: Sendable {
        package var system: ProofSystem
        /// The variables with the pair.
        package var names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
        /// The environment whose variables the job reads; nil: none.
        package var environment: String?

        package init(_ system: ProofSystem) { self.system = system }

        /// Why it cannot be made; nil: it can. What is given becomes part of a shell's text and of YAML.
        package var mistake: String? {
            guard names.count == 2, names[0] != names[1],
                names.allSatisfy({ $0.wholeMatch(of: #/[A-Za-z_][A-Za-z0-9_]{0,254}/#) != nil })
            else {
                return "--proof-names must be the names of two variables, such as DEPLOY_KEY_ID,DEPLOY_SECRET"
            }
            guard let environment else { return nil }
            guard system.hasEnvironments else {
                return
                    "--proof-environment is for github and gitlab: variables of Travis CI are for branches, so run the "
                    + "job on the branch"
            }
            let isName =
                (1...255).contains(environment.utf8.count)
                && !environment.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "$" }
            return isName ? nil : "--proof-environment must have 1 to 255 bytes, without `$` and control characters"
        }
    }

    package var system: String
    package var nonce: String
    package var expires: String
    /// The file of the repository that it belongs into.
    package var file: String
    package var yaml: String

    init(_ request: Request, region: String, at now: Timestamp, _ seal: Seal) {
        let made = ProofNonce(for: request.system, at: now, seal)
        system = request.system.rawValue
        nonce = made.text
        expires = Moment.text(made.issued + ProofNonce.lifetime)
        let body: String
        switch request.system {
        case .github: (file, body) = (".github/workflows/keyturn-proof.yml", Self.github(request, region, nonce))
        case .gitlab: (file, body) = (".gitlab-ci.yml", Self.gitlab(request, region, nonce))
        case .travis: (file, body) = (".travis.yml", Self.travis(request, region, nonce))
        }
        yaml = """
            # Prints which AWS access key a job is given here, in one line, and nothing secret.
            # For \(file); until \(expires). Download the job's log, and give it to `keyturn find --proof FILE`.

            """ + body
    }

    /// Of a region's name only what can be one: it goes into a shell's text.
    private static func script(
        _ request: Request, _ region: String, _ nonce: String, server: String, path: String, part: String, indent: Int
    ) -> String {
        let isRegion = region.wholeMatch(of: #/[a-z0-9-]{1,40}/#) != nil
        let text = ProofScript.text(
            request.system, id: request.names[0], secret: request.names[1], region: isRegion ? region : "us-east-1",
            nonce: nonce, server: server, path: path, part: part)
        let blanks = String(repeating: " ", count: indent)
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { "\(blanks)\($0)\n" }.joined()
    }

    private static func quoted(_ text: String) -> String { JSONValue.string(text).text }

    /// A name that is both a secret's and a variable's gives the secret's value, as a workflow that reads secrets does. The environment is
    /// no variable of GitHub's: the job says it itself.
    private static func github(_ request: Request, _ region: String, _ nonce: String) -> String {
        let (id, secret) = (request.names[0], request.names[1])
        let environment = request.environment.map { "    environment: \(quoted($0))\n" } ?? ""
        return """
            # It runs when it is started by hand (from the default branch), or when a branch `keyturn-proof` is pushed.
            name: keyturn-proof
            on:
              workflow_dispatch:
              push:
                branches: [keyturn-proof]
            permissions: {}
            jobs:
              keyturn-proof:
                runs-on: ubuntu-latest
                timeout-minutes: 5
            \(environment)    steps:
                  - shell: sh
                    env:
                      KEYTURN_PART: \(quoted(request.environment ?? ""))
                      \(id): ${{ secrets.\(id) || vars.\(id) }}
                      \(secret): ${{ secrets.\(secret) }}
                    run: |

            """
                + script(
                    request, region, nonce, server: "${GITHUB_API_URL-}", path: "${GITHUB_REPOSITORY-}",
                    part: "${KEYTURN_PART-}", indent: 10)
    }

    /// `action: verify` (GitLab 15.0) takes the environment's variables and makes no deployment. What the pipeline does before each job is left
    /// out, and so are its own variables.
    private static func gitlab(_ request: Request, _ region: String, _ nonce: String) -> String {
        let environment =
            request.environment.map { "  environment:\n    name: \(quoted($0))\n    action: verify\n" } ?? ""
        return """
            # Add it to the jobs there, and start it by hand. A pipeline without a stage `test` needs `stage:` here.
            keyturn-proof:
              needs: []
              inherit:
                default: [image, tags]
                variables: false
              rules:
                - when: manual
                  allow_failure: true
              timeout: 5 minutes
            \(environment)  script:
                - |

            """
                + script(
                    request, region, nonce, server: "${CI_SERVER_URL-}", path: "${CI_PROJECT_PATH-}",
                    part: "${CI_ENVIRONMENT_NAME-}", indent: 6)
    }

    /// Builds of pull requests get no private variables, or a fork's log could print them.
    private static func travis(_ request: Request, _ region: String, _ nonce: String) -> String {
        """
        # Add it to the jobs there, or make it the whole file of a branch. Variables of one branch are seen by builds of that branch.
        jobs:
          include:
            - name: keyturn-proof
              if: type != pull_request
              os: linux
              language: shell
              before_install: []
              install: skip
              before_script: []
              script:
                - |

        """
            + script(
                request, region, nonce, server: "", path: "${TRAVIS_REPO_SLUG-}", part: "${TRAVIS_BRANCH-}", indent: 10)
    }
}

extension ProofJob {
    /// Prints no job where the seal key cannot be read: its log could not be known from others.
    package init(_ request: Request, _ context: OperationContext) async throws {
        let (loaded, state) = try await LoadedConfiguration.recalled(context, for: .checking)
        let seal = try await ProofLogs.seal(state, loaded)
        self.init(
            request, region: loaded.account(loaded.configuration.account).region, at: context.clock.now, seal)
    }
}
