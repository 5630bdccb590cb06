"""The stand-in survives being stopped and being killed."""

from base64 import b64encode


def test_everything_is_there_after_a_kill(another, receiver):
    """After kill -9 repositories, files, hooks, secrets' names and tokens are as before, and ids go on."""
    with another() as standin:
        with standin.client() as client:
            made = client.post("/orgs/openimsdk/repos", json={"name": "lasting", "auto_init": True}).json()
            body = {"message": "m", "content": b64encode(b"kept").decode()}
            client.put("/repos/openimsdk/lasting/contents/kept", json=body).raise_for_status()
            hook = {"config": {"url": receiver.url}}
            client.post("/repos/openimsdk/lasting/hooks", json=hook).raise_for_status()
            receiver.wait_for(1)
        standin.stop(hard=True)
        standin.start()
        with standin.client() as client:
            assert client.get("/repos/openimsdk/lasting").json()["id"] == made["id"]
            assert client.get("/repos/openimsdk/lasting/contents/kept").status_code == 200
            assert len(client.get("/repos/openimsdk/lasting/hooks").json()) == 1
            assert client.post("/orgs/openimsdk/repos", json={"name": "next"}).json()["id"] == made["id"] + 1
        assert len(receiver.deliveries) == 1, "what was delivered is not delivered again"


def test_a_rotated_token_counts_from_the_next_start(another):
    """Writing another token into its file makes the old one worthless."""
    with another() as standin:
        old = standin.token("deployer")
        standin.stop()
        (standin.root / "tokens" / "deployer").write_text("ghs_" + "0" * 36)
        standin.start()
        with standin.client() as client:
            assert client.get("/orgs/openimsdk").status_code == 200
            wrong = client.get("/orgs/openimsdk", headers={"Authorization": f"Bearer {old}"})
            assert wrong.status_code == 401
