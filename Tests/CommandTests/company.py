"""A company whose keys are everywhere: 40 IAM users, 850 places at three services, and the traps among them; or a tenth of it, with all traps."""

import collections
import math

FORBIDDEN = '{"message": "Resource not accessible by personal access token"}'


class Planted:
    """What was put where, and what find has to say of it."""

    def __init__(self, keys, share):
        self.keys, self.share = keys, share
        self.entries = []
        self.expected = collections.Counter()
        #: By a place and its names: the live key that was put there.
        self.held = {}
        #: Requests that no search can do without.
        self.least = collections.Counter()

    def put(self, service, place, shown, standing, names, **more):
        """A pair, or one name; `shown` is the place in find's words."""
        for name, value in names.items():
            self.entries.append({"service": service, "place": place, "name": name, "value": value, **more})
        self.expect(service, shown, standing, names)

    def expect(self, service, shown, standing, names):
        self.expected[(service, shown, standing, tuple(names))] += 1
        self.held[(service, shown, tuple(names))] = next(
            (key for key in self.keys if any(key in value for value in names.values())), None)

    def count(self, whole, least=0):
        """So many of something, in a company of this size."""
        return max(least, round(whole * self.share))

    def key(self, number):
        return self.keys[number % len(self.keys)]

    def pair(self, key):
        return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "s" * 40}


def github(planted):
    """130 repositories of one organization; the IDs are secrets, which show nothing, or variables, which do."""
    for number in range(planted.count(130)):
        name = f"initech/app-{number}"
        key = planted.key(number)
        if number % 2:
            planted.put("github", name, name, "by-name", planted.pair(key), kind="actions")
        else:
            planted.entries.append({"service": "github", "place": name, "name": "AWS_SECRET_ACCESS_KEY", "value": "s"})
            planted.entries.append(
                {"service": "github", "place": name, "name": "AWS_ACCESS_KEY_ID", "value": key, "variable": True})
            planted.expect("github", name, "unmanaged", planted.pair(key))
        environments = 1 if number % 3 == 0 else 0
        if environments:
            planted.put("github", f"{name}@prod", f"{name} (environment prod)", "by-name", planted.pair(key))
        if number % 10 == 0:
            planted.put("github", name, f"{name} (dependabot)", "by-name", planted.pair(key), kind="dependabot")
        # Six lists and the environments of each repository, and two lists of each environment.
        planted.least["github"] += 7 + 2 * environments
    # Pages of repositories, permissions of Actions, and the organization's own six lists.
    planted.least["github"] += math.ceil(planted.count(130) / 100) + 1 + 6


def gitlab(planted):
    """210 projects in 20 groups."""
    groups = planted.count(20, least=4)
    for number in range(groups):
        group = f"initech/team-{number}"
        planted.put("gitlab", group, f"group {group}", "unmanaged", planted.pair(planted.key(number)), group=True)
    for number in range(planted.count(210)):
        name = f"initech/team-{number % groups}/app-{number}"
        key = planted.key(number)
        planted.put("gitlab", name, name, "unmanaged", planted.pair(key))
        if number % 5 == 0:
            planted.put("gitlab", name, f"{name} (scope prod)", "unmanaged", planted.pair(key), scope="prod")
        planted.least["gitlab"] += 2
    # Groups, pages of projects, with those of the traps, and the variables of each group.
    planted.least["gitlab"] += 1 + math.ceil((planted.count(210) + 24) / 100) + groups + 1


def travis(planted):
    for number in range(planted.count(390)):
        name = f"initech/app-{number}"
        key = planted.key(number)
        is_public = number % 2 == 0
        names = planted.pair(key)
        for key_name, value in names.items():
            planted.entries.append({
                "service": "travis", "place": name, "name": key_name, "value": value,
                "public": is_public and key_name == "AWS_ACCESS_KEY_ID"})
        planted.expect("travis", name, "unmanaged" if is_public else "by-name", names)
        planted.least["travis"] += 1
    planted.least["travis"] += 1


def traps(planted):
    """Thirty places where a search goes wrong."""
    own, gone = planted.keys[0], "AKIAGONEGONEGONEGONE"
    for number in range(4):
        planted.put("gitlab", f"initech/team-0/dead-{number}", f"initech/team-0/dead-{number}", "dead", planted.pair(gone))
    for number in range(3):
        planted.put(
            "gitlab", f"initech/team-0/off-{number}", f"initech/team-0/off-{number}", "dead", planted.pair(planted.inactive))
    for number in range(3):
        planted.put("gitlab", f"initech/team-0/foreign-{number}", f"initech/team-0/foreign-{number}", "foreign", planted.pair(planted.foreign))
    for number in range(3):
        name = f"initech/team-1/archived-{number}"
        planted.put("gitlab", name, name, "unmanaged", planted.pair(own))
        planted.entries.append({"service": "gitlab", "place": name, "archived": True})
    for number in range(3):
        name = f"initech/team-1/hidden-{number}"
        planted.put("gitlab", name, name, "by-name", planted.pair(own), hidden=True)
    for number in range(3):
        name = f"initech/team-2/file-{number}"
        file = f"[ci]\naws_access_key_id = {own}\naws_secret_access_key = {'s' * 40}\n"
        planted.put("gitlab", name, name, "unmanaged", {"CI_FILE": file}, type="file")
    for number in range(2):
        name = f"initech/team-2/json-{number}"
        planted.put("gitlab", name, name, "unmanaged", {"BLOB": '{"id": "%s", "secret": "x"}' % own})
    for number in range(2):
        name = f"initech/team-3/timed-{number}"
        planted.entries.append({"service": "gitlab", "place": name})
        planted.put("gitlab", name, f"{name} (schedule nightly)", "unmanaged", planted.pair(own), schedule="nightly")
        planted.least["gitlab"] += 1
    planted.entries.append({"service": "gitlab", "place": "initech/team-3/closed"})
    planted.put("gitlab", "initech", "group initech", "unmanaged", {"DEPLOY_KEY_ID": own, "DEPLOY_SECRET": "x"})
    # Variables and schedules of each of these projects.
    planted.least["gitlab"] += 2 * 24
    planted.put("github", "initech", "organization initech", "by-name", planted.pair(own), visibility="all")
    planted.put(
        "github", "initech", "organization initech (agents)", "by-name", planted.pair(own), kind="agents", visibility="all")
    planted.put("travis", "initech", "account initech", "by-name", planted.pair(own))
    planted.put("travis", "initech/branchy", "initech/branchy (branch main)", "by-name", planted.pair(own), branch="main")
    planted.entries.append({"service": "travis", "place": "initech/branchy", "active": False})
    planted.least["travis"] += 1


def company(sandbox, users=40, share=1):
    """Puts it into a sandbox."""
    planted = Planted([sandbox.add_user(f"user-{number}", 1)[0] for number in range(users)], share)
    planted.foreign = "AKIAFOREIGNFOREIGN00"
    planted.inactive = sandbox.add_user("asleep", 1)[0]
    sandbox.plant({"service": "aws", "place": planted.inactive, "status": "Inactive"})
    github(planted)
    gitlab(planted)
    travis(planted)
    traps(planted)
    sandbox.plant(*planted.entries)
    # AWS does not answer for the keys of others.
    sandbox.mood(foreign_key=planted.foreign)
    sandbox.fault("gitlab", path="/projects/initech%2Fteam-3%2Fclosed/", status=403, times=0)
    sandbox.fault("github", path="/repos/initech/app-7/codespaces", status=403, times=0, body=FORBIDDEN)
    return planted
