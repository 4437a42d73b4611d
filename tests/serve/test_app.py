"""guestabi.serve.app: what each path answers, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import msgspec
import pytest
from starlette.testclient import TestClient

from cli.conftest import write
from guestabi import policies
from guestabi.report.schemas import CheckJson
from guestabi.serve import app, live
from guestabi.serve.service import Service
from guestabi.serve.shapes import ProfilesJson
from guestabi.serve.shelf import opened
from pairs import new, old
from profiles import make_profile
from serve.running import reason

ASK = "/v1/check?source=old&destination=new"


def test_check_is_what_the_command_says(client, folder, run):
    """The same JSON, by name and by digest, with the policy that is named."""
    web = client(folder)
    for vmm in ("qemu-10.0", "strict"):
        command = run(
            "check", folder / "old.json", folder / "new.json", "--vmm", vmm, "--format", "json"
        )
        plain = json.loads(command.out)
        assert web.get(f"{ASK}&vmm={vmm}").json() == plain
        asked = {"source": old().digest, "destination": new().digest, "vmm": vmm}
        assert web.get("/v1/check", params=asked).json() == plain
        assert msgspec.convert(plain, CheckJson).vmm == vmm
    assert web.get(ASK).json()["vmm"] == "qemu-10.0"


def test_check_is_not_the_same_for_everything(client, folder):
    """The canary: another pair has another answer, and a way home is not the way there."""
    web = client(folder)
    verdicts = {
        (a, b): tuple(
            each["verdict"]
            for each in web.get(f"/v1/check?source={a}&destination={b}")
            .json()["questions"]
            .values()
        )
        for a in ("old", "new")
        for b in ("old", "new")
    }
    assert verdicts["old", "old"] == verdicts["new", "new"] == ("same",) * 4
    assert "refused" in verdicts["old", "new"] != verdicts["new", "old"]


def test_a_check_is_worked_out_once(client, folder, monkeypatch):
    """Kept by both files and the policy: another of these is another answer."""
    from guestabi.serve import service

    asked = []
    real = service.check
    monkeypatch.setattr(service, "check", lambda *a: asked.append(a) or real(*a))
    web = client(folder)
    for _ in range(3):
        web.get(ASK)
    assert len(asked) == 1
    web.get(f"{ASK}&vmm=strict")
    web.get("/v1/check?source=new&destination=old")
    assert len(asked) == 3
    write(folder / "old.json", make_profile("old", {"X0": 9}))
    assert web.get(ASK).json()["source"]["digest"] != old().digest
    assert len(asked) == 4


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("", 400, "source is missing, or is no name"),
        ("?source=old", 400, "destination is missing, or is no name"),
        ("?source=&destination=new", 400, "source is missing, or is no name"),
        ("?source=old&destination=new&vmm=", 400, "no policy is called ''"),
        ("?source=old&destination=new&vmm=qemu", 400, "no policy is called 'qemu'"),
        ("?source=old&destination=new&wmm=strict", 400, "there is no parameter 'wmm'"),
        ("?source=old&source=new&destination=new", 400, "a parameter is given twice"),
        (f"?source={'x' * 1001}&destination=new", 400, "source is missing, or is no name"),
        ("?source=olt&destination=new", 404, "no profile is called 'olt'"),
        ("?source=old&destination=%00", 404, "no profile is called '\\x00'"),
    ],
)
def test_a_question_that_cannot_mean_anything(client, folder, query, status, said):
    """400 for its form, 404 for a name that nothing has; a misspelled parameter is not dropped."""
    found = client(folder).get(f"/v1/check{query}")
    assert (found.status_code, reason(found.content)) == (status, said)


def test_an_ambiguous_name_is_409(client, folder):
    """With both digests in the hint."""
    write(folder / "again.json", make_profile("old", {"X0": 7}))
    found = client(folder).get(ASK)
    assert found.status_code == 409
    assert old().digest in found.json()["error"]["hint"]


def test_profiles_lists_the_good_and_the_bad(client, folder):
    """Name, digest, kernel, CPU; and files that are none, with the reason."""
    (folder / "bad.json").write_text("{")
    plain = client(folder).get("/v1/profiles").json()
    assert msgspec.to_builtins(msgspec.convert(plain, ProfilesJson)) == plain
    row = {"name": "new", "digest": new().digest, "kernel": "6.16.1", "cpu": "neoverse-n1"}
    assert plain["profiles"][0] == row
    assert [row["name"] for row in plain["profiles"]] == ["new", "old"]
    assert plain["bad"] == [{"file": "bad.json", "reason": "is not JSON: Input data was truncated"}]


def test_cpu_is_midr_or_not_known(client, tmp_path):
    """Real hardware has no model's name."""
    write(tmp_path / "a.json", make_profile("a", {"X0": 0}, cpu=None))
    write(tmp_path / "b.json", make_profile("b", {"MIDR_EL1": 0x410FD0C1}, cpu=None))
    rows = client(tmp_path).get("/v1/profiles").json()["profiles"]
    assert [row["cpu"] for row in rows] == [None, "0x410fd0c1"]


def test_a_profile_comes_as_its_file(client, folder):
    """Byte for byte; 404 for a digest that nothing has, and for what is no digest."""
    web = client(folder)
    assert web.get(f"/v1/profiles/{old().digest}").content == (folder / "old.json").read_bytes()
    for other in ("0" * 64, "old", old().digest[:12], old().digest.upper()):
        found = web.get(f"/v1/profiles/{other}")
        assert found.status_code == 404
        assert reason(found.content)


def test_what_appears_is_there_at_the_next_request(client, folder):
    """No restart, no waiting."""
    web = client(folder)
    assert web.get("/v1/check?source=third&destination=new").status_code == 404
    write(folder / "third.json", make_profile("third", {"X0": 1}))
    assert web.get("/v1/check?source=third&destination=new").status_code == 200
    (folder / "third.json").unlink()
    assert web.get("/v1/check?source=third&destination=new").status_code == 404


def test_a_folder_that_has_gone_is_503_and_tells_no_path(client, folder):
    """It may come back; until then nothing is answered from memory."""
    web = client(folder)
    assert web.get(ASK).status_code == 200
    away = folder.rename(folder.with_name("away"))
    for path in ("/", ASK, "/v1/profiles", f"/v1/profiles/{old().digest}"):
        found = web.get(path)
        assert found.status_code == 503
        assert str(folder) not in found.text
        assert reason(found.content) == "what is served cannot be read: No such file or directory"
    assert web.get("/healthz").status_code == 200
    away.rename(folder)
    assert web.get(ASK).status_code == 200


def test_the_page_is_made_when_something_changed(client, folder):
    """The same text in between; 304 for who has it."""
    made = []

    def page(profiles):
        made.append([each.name for each in profiles])
        return f"<html><body>{len(profiles)}</body></html>"

    web = client(folder, page)
    first = web.get("/")
    assert first.headers["content-type"] == "text/html; charset=utf-8"
    assert first.text.replace('<script src="/live.js" defer></script>\n', "") == (
        "<html><body>2</body></html>"
    )
    again = web.get("/", headers={"If-None-Match": f'"x", W/{first.headers["ETag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    write(folder / "third.json", make_profile("third", {"X0": 1}))
    changed = web.get("/", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]
    assert made == [["new", "old"], ["new", "old", "third"]]
    assert web.head("/").headers["ETag"] == changed.headers["ETag"]


def directives(answer):
    said = answer.headers["content-security-policy"]
    return dict(each.strip().split(" ", 1) for each in said.split(";"))


def test_the_page_s_script_is_served_and_is_the_only_one(client, folder):
    """A page without a policy has no script but the one that reloads it, and no style."""
    web = client(folder, lambda profiles: "no body")
    page = web.get("/")
    assert page.text == f'no body<script src="{live.PATH}" defer></script>\n'
    script = web.get(live.PATH)
    assert script.headers["content-type"].startswith("text/javascript")
    assert "location.reload" in script.text
    assert directives(page) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


META = '<meta http-equiv="Content-Security-Policy" content="{}">'


def test_the_page_s_own_policy_becomes_a_header(client, folder):
    """What it allows stays allowed, and no more; two policies would both hold."""
    own = (
        "default-src &#39;none&#39;; script-src &#39;sha256-x=&#39;; style-src &#39;sha256-y=&#39;"
    )
    page = f"<head>{META.format(own)}<title>t</title></head><body></body>"
    found = client(folder, lambda profiles: page).get("/")
    assert "Content-Security-Policy" not in found.text
    assert directives(found)["script-src"] == "'self' 'sha256-x='"
    assert directives(found)["style-src"] == "'sha256-y='"
    assert directives(found)["frame-ancestors"] == "'none'"


def test_a_host_s_name_is_no_policy(client, folder):
    """A meta element further down, or one that opens everything, opens nothing."""
    wide = META.format("script-src *")
    page = f"<head><title>t</title></head><body>{wide}</body>"
    found = client(folder, lambda profiles: page).get("/")
    assert directives(found)["script-src"] == "'self'"
    wide = META.format("default-src *; frame-ancestors *; form-action *")
    page = f"<head>{wide}<title>t</title></head>"
    found = directives(client(folder, lambda profiles: page).get("/"))
    assert "*" not in {found["default-src"], found["frame-ancestors"], found["form-action"]}


@pytest.mark.parametrize(
    "path", ["/", ASK, "/v1/profiles", "/openapi.json", "/healthz", "/nothing"]
)
def test_every_answer_has_the_headers(client, folder, path):
    """No sniffing, no referrer, no frames, whatever the status."""
    headers = client(folder).get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] in ("no-cache", "no-store")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "10.0.0.1",
        "",
        "[::2]",
        "a b",
    ],
)
def test_a_name_that_was_rebound_is_refused(client, folder, host):
    """On loopback only this machine's own names are answered to."""
    found = client(folder).get(ASK, headers={"Host": host})
    assert found.status_code == 400
    assert reason(found.content) == "the Host header names no address of this machine"


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:99", "127.0.0.1:8420", "127.1.2.3", "[::1]:1"]
)
def test_names_of_this_machine_are_answered(client, folder, host):
    """Whatever the port: a tunnel has another one."""
    assert client(folder).get(ASK, headers={"Host": host}).status_code == 200


def test_pages_of_other_sites_are_refused(client, folder):
    """A browser says where the page that asks is from."""
    web = client(folder)
    for origin in ("https://evil.example", "null", "http://127.0.0.1:99"):
        assert web.get(ASK, headers={"Origin": origin}).status_code == 403
    assert web.get(ASK, headers={"Origin": "http://127.0.0.1"}).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_405(client, folder, method):
    """With what is allowed."""
    for path in ("/", "/v1/check", "/v1/profiles", f"/v1/profiles/{old().digest}"):
        found = client(folder).request(method, path)
        assert found.status_code == 405
        assert "GET" in found.headers["Allow"]
        assert reason(found.content)


def test_our_own_mistakes_are_500_and_one_line(client, folder):
    """No traceback reaches the client, nor its words; whoever runs the service is told."""
    told = []
    found = client(folder, lambda profiles: 1 / 0, tell=told.append).get("/")
    assert found.status_code == 500
    assert reason(found.content) == "internal error"
    assert told == ["internal error, please report: ZeroDivisionError: division by zero"]


def test_beyond_loopback_there_must_be_a_token(folder):
    """No way around it, not even for a program."""
    service = Service(opened(folder), lambda profiles: "", policies.load("qemu-10.0"))
    with pytest.raises(ValueError, match="token"):
        app.make(service, loopback=False)


def test_a_policy_of_the_operators_own(folder):
    """It is what is asked where nothing else is; those that ship can be named still."""
    mine = replace(policies.load("strict"), name="mine")
    service = Service(opened(folder), lambda profiles: "", mine)
    client = TestClient(app.make(service), base_url="http://127.0.0.1")
    said = {
        vmm: client.get("/v1/check?source=new&destination=old" + more).json()
        for vmm, more in (("mine", ""), ("strict", "&vmm=strict"))
    }
    assert all(each.pop("vmm") == vmm for vmm, each in said.items())
    assert said["mine"] == said["strict"]
    parameters = client.get("/openapi.json").json()["paths"]["/v1/check"]["get"]["parameters"]
    (schema,) = (each["schema"] for each in parameters if each["name"] == "vmm")
    assert schema["default"] == "mine"
    assert set(schema["enum"]) == {"mine", *policies.names()}
