"""The generator of mails keeps its promises: the mix, the right people, the same bytes, readable by anybody."""

from collections import Counter
from email import message_from_bytes, policy

from bench.mailset import ATTACHMENT_SIZE, Thread, mails, two_phases, write


def test_the_mix_is_as_described():
    openings, mix = two_phases(200)
    assert not any(mail.in_reply_to for mail in openings)
    assert sum(mail.in_reply_to is not None for mail in mix) == 60
    assert Counter(mail.charset for mail in mix) == {"utf-8": 150, "koi8-r": 50}
    assert {mail.encoding for mail in mix if mail.charset == "koi8-r"} == {"base64", "quoted-printable", "8bit"}
    assert sum(mail.has_html for mail in mix) == 40
    assert sum(mail.has_attachment for mail in mix) == 20


def test_replies_come_from_the_person_they_concern():
    openings, mix = two_phases(100)
    owner = {mail.message_id: mail.sender for mail in openings}
    replies = [mail for mail in mix if mail.in_reply_to]
    assert replies
    assert all(owner[mail.in_reply_to] == mail.sender for mail in replies)


def test_a_single_set_answers_its_own_earlier_mails():
    chosen = list(mails(200))
    place = {mail.message_id: mail for mail in chosen}
    replies = [mail for mail in chosen if mail.in_reply_to]
    assert len(replies) >= 40
    assert all(place[mail.in_reply_to].sender == mail.sender for mail in replies)
    assert all(mail.index - place[mail.in_reply_to].index >= 50 for mail in replies)


def test_a_thread_of_the_desk_is_answered_at_its_address():
    thread = Thread(
        "clara@berezka.example", "Клара", "Витрина", "<t-1@otklik.test>", to="support+t-1.x@demo.otklik.test"
    )
    replies = [mail for mail in mails(40, threads=[thread]) if mail.in_reply_to]
    assert {(mail.sender, mail.to, mail.in_reply_to) for mail in replies} == {
        ("clara@berezka.example", "support+t-1.x@demo.otklik.test", "<t-1@otklik.test>")
    }


def test_same_seed_same_bytes_and_another_run_other_ids():
    first, again, other = (list(mails(30, run=run)) for run in ("a", "a", "b"))
    assert [mail.raw for mail in first] == [mail.raw for mail in again]
    assert not {mail.message_id for mail in first} & {mail.message_id for mail in other}


def test_every_mail_reads_as_it_was_meant():
    for mail in mails(60):
        message = message_from_bytes(mail.raw, policy=policy.default)
        assert not message.defects
        assert message["Subject"] == mail.subject
        assert message["From"].addresses[0].display_name == mail.name
        text = message.get_body(("plain",)).get_content()
        assert text.rstrip().splitlines()[-1][:1] == ">" if mail.in_reply_to else mail.name in text
        sizes = [len(part.get_payload(decode=True)) for part in message.iter_attachments()]
        assert sizes == ([ATTACHMENT_SIZE] if mail.has_attachment else [])


def test_written_set_names_its_files(tmp_path):
    chosen = list(mails(12))
    write(tmp_path, chosen)
    assert [path.read_bytes() for path in sorted(tmp_path.glob("*.eml"))] == [mail.raw for mail in chosen]
    assert '"00011.eml"' in (tmp_path / "manifest.json").read_text(encoding="utf-8")
