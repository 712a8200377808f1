"""The words by which mail programs mark replies, forwards and signatures, in the languages they are translated to.

Data only. Every word is lower case; readers casefold what they compare.
"""

from typing import Final, Literal

Role = Literal["from", "date", "to", "cc", "subject", "other"]


def words(text: str) -> frozenset[str]:
    """The words of a list written as one line."""
    return frozenset(text.split())


_LABELS: Final[dict[Role, str]] = {
    "from": (
        "от|отправитель|от кого|from|sender|von|de|da|van|od|від|від кого|från|fra|lähettäjä|feladó|kimden|gönderen"
        "|gönderici"
        "|expéditeur|remitente|mittente|remetente|afzender|nadawca|odesílatel|de la|expeditor|от адреса"
        "|发件人|寄件者|差出人|보낸 사람"
    ),
    "date": (
        "отправлено|дата|дата отправки|отправлен|date|sent|date/time|gesendet|datum|envoyé|envoyé le|fecha|enviado"
        "|enviado el"
        "|enviada em|inviato|data|data/ora|verzonden|verzonden op|wysłano|data wysłania|надіслано|відправлено|skickat"
        "|sendt|dato|päivämäärä|lähetetty|päiväys|dátum|elküldve|tarih|gönderildi|gönderilme tarihi|odesláno|trimis"
        "|发送时间|日期|送信日時"
        "|日付|보낸 날짜|날짜"
    ),
    "to": (
        "кому|получатель|получатели|to|an|à|para|a|aan|do|til|till|vastaanottaja|címzett|kime|kimə|alıcı|komu|către"
        "|destinataire"
        "|destinatario|収信人|宛先|收件人|받는 사람"
    ),
    "cc": "копия|cc|сс|kopie|copia|copie|kopia|копія|kopi|bcc|скрытая копия|скрытая|bilgi|másolat|kopio|dw|抄送|참조",
    "subject": (
        "тема|тема письма|subject|betreff|objet|asunto|oggetto|assunto|onderwerp|temat|ämne|emne|aihe|tárgy|konu"
        "|předmět|subiect"
        "|subiectul|主题|件名|제목"
    ),
    "other": (
        "важность|importance|priority|приоритет|wichtigkeit|вложения|вложение|attachments|anlagen|reply-to|reply to"
        "|ответить|ответить на"
        "|обратный адрес|antwort an|organization|организация|priorité|importancia|priorità"
    ),
}
LABELS: Final[dict[str, Role]] = {word: role for role, words in _LABELS.items() for word in words.split("|")}

MONTHS: Final[dict[str, int]] = {
    stem: number
    for number, stems in enumerate(
        (
            "янв jan січ ene gen sty ian oca led",
            "фев feb лют fév lut únor şub",
            "мар mar mär бер maa márc",
            "апр apr кві avr abr kwi nis dub",
            "май мая may mai тра mag maj mei kvě",
            "июн jun чер giu cze červn haz juin",
            "июл jul лип juil lug lip tem",
            "авг aug сер aoû ago sie srp ağu",
            "сен sep вер set wrz zář eyl",
            "окт oct okt жов ott out paź eki",
            "ноя nov лис noi lis kas",
            "дек dec dez гру déc dic gru pro ara",
        ),
        start=1,
    )
    for stem in stems.split()
}

# A reply line may end with one of these before its colon.
REPLY_VERBS: Final = (
    r"wrote|writes|написал(?:\(-?а\)|а)?|писал(?:\(-?а\)|а)?|пишет|пишете|писали|сообщил(?:\(-?а\)|а)?|написали?"
    r"|написав(?:\(-?ла\))?|пише|schrieb|geschrieben|a écrit|écrit|escribió|ha scritto|scrisse|scrive|escreveu"
    r"|napisał(?:\(a\)|a)?"
    r"|pisze|schreef|skrev|kirjoitti|napsala?|şunları yazdı|yazdı|a scris"
)

# Words on a line of dashes (or alone between rules) that open the text one answers to.
ORIGINAL_LINES: Final = (
    "исходное сообщение|первоначальное сообщение|оригинальное сообщение|исходное письмо|original message|original"
    " appointment"
    "|original mail|ursprüngliche nachricht|originalnachricht|message d'origine|message original|mensaje original"
    "|messaggio originale"
    "|mensagem original|oorspronkelijk bericht|wiadomość oryginalna|oryginalna wiadomość|вихідне повідомлення|reply"
    " message"
    "|original meddelelse|ursprungligt meddelande|původní zpráva|eredeti üzenet|orijinal mesaj"
)
FORWARD_LINES: Final = (
    "пересылаемое сообщение|пересылаемое письмо|перенаправленное сообщение|пересланное сообщение|пересланное письмо"
    "|переадресованное сообщение|переслано|forwarded message|forwarded mail|forwarded by|forward message"
    "|weitergeleitete nachricht"
    "|message transféré|message transmis|message réexpédié|mensaje reenviado|messaggio inoltrato|mensagem encaminhada"
    "|mensagem reencaminhada|doorgestuurd bericht|wiadomość przekazana|przekazana wiadomość|переслане повідомлення"
    "|перенаправлене повідомлення|vidarebefordrat meddelande|vidarebefordrat brev|videresendt melding|videresendt"
    " besked"
    "|välitetty viesti|edelleenlähetetty viesti|přeposlaná zpráva|továbbított üzenet|iletilmiş mesaj|yönlendirilen"
    " ileti"
    "|iletilen mesaj|mesaj redirecționat|转发的邮件|转发邮件|転送されたメッセージ|전달된 메시지"
)
# The same without dashes, alone on a line and with a colon (Apple).
FORWARD_OPENINGS: Final = (
    "начало переадресованного сообщения|начало пересылаемого сообщения|begin forwarded message|anfang der"
    " weitergeleiteten nachricht"
    "|anfang der weitergeleiteten e-mail|début du message transféré|début du message réexpédié|inicio del mensaje"
    " reenviado"
    "|inizio messaggio inoltrato|início da mensagem encaminhada|início da mensagem reencaminhada|begin doorgestuurd"
    " bericht"
    "|początek przekazywanej wiadomości|початок переадресованого повідомлення|vidarebefordrat brev|videresendt besked"
    "|videresendt melding|edelleenlähetetty viesti alkaa|začátek přeposílané zprávy|továbbított levél kezdete"
    "|başlangıç iletilen mesaj"
)
FORWARD_ENDS: Final = (
    "конец пересылаемого сообщения|конец пересылаемого письма|end forwarded message|end of forwarded message"
)

REPLY_ABOVE: Final = (
    "отвечайте выше этой строки|ответьте выше этой строки|пишите ответ выше этой строки|введите ответ над этой чертой"
    "|ответ пишите выше|please reply above this line|please type your reply above this line|reply above this line"
    "|write your reply above this line|type your response above this line"
)

# A line that begins with one of these closes a letter (its own line or "С уважением, Имя").
CLOSINGS: Final = (
    "с уважением|с наилучшими пожеланиями|с наилучшими|с искренним уважением|с глубоким уважением|с уваж|всего"
    " доброго|всего хорошего"
    "|хорошего дня|всего наилучшего|с пожеланиями|искренне ваш|best regards|kind regards|regards|with best regards"
    "|warm regards"
    "|with kind regards|best wishes|yours sincerely|sincerely|yours faithfully|cheers|mit freundlichen grüßen|mfg"
    "|cordialement"
    "|з повагою"
)
MOBILE_LINES: Final = (
    r"sent from my .{1,60}|sent from (?:mail|outlook|yahoo mail|proton ?mail|samsung|yandex|the samsung).{0,80}|get"
    r" outlook for .{1,80}"
    r"|sent with .{0,20}proton ?mail.{0,60}|sent via .{1,60}|отправлено с (?:моего |моей |телефона|планшета|iphone"
    r"|ipad|android|айфона).{0,60}"
    r"|отправлено с помощью .{1,80}|отправлено с .{1,40}(?:телефона|смартфона|планшета|устройства)"
    r"|отправлено из (?:мобильной |моб\. ?)?(?:яндекс|почты|приложения|outlook|mail|samsung|gmail).{0,80}"
    r"|отправлено (?:через|по) .{1,60}|получить outlook для .{1,80}|скачать outlook для .{1,80}"
    r"|это (?:сообщение|письмо) отправлено с .{1,60}|von meinem .{1,40} gesendet|envoyé de(?:puis)? mon .{1,40}"
    r"|надіслано з .{1,60}"
)
DISCLAIMER_STARTS: Final = (
    "данное сообщение|данное электронное|настоящее сообщение|настоящее электронное|настоящее письмо|данное письмо"
    "|это сообщение"
    "|это электронное|это письмо|информация, содержащаяся|информация в этом|внимание! информация|внимание! данное"
    "|внимание: данное"
    "|уведомление о конфиденциальности|конфиденциальность:|конфиденциально"
    "|this e-mail|this email|this message|the information|the contents of this|confidentiality|disclaimer"
    "|подумайте об экологии|please consider the environment|берегите природу|пожалуйста, подумайте об окружающей"
    "|notice:|важно: данное"
    "|осторожно! внешн|внимание! внешн|caution: external|external email"
)
DISCLAIMER_PROOFS: Final = (
    r"конфиденциальн|предназначен\w*\s(?:только|исключительно|лишь|для\s(?:использования|адресат|получател|лиц"
    r"|указанн|сведения))"
    r"|(?:явля\w+|представля\w+)\s(?:публичной\s)?оферт|не нес[её]т ответственности|коммерческ\w+ тайн|confidential"
    r"|privileged"
    r"|intended\s(?:only|solely|recipient|for the|exclusively)|liabilit|распечат\w+ это|печатать это|before printing"
    r"|to print this"
    r"|окружающей сред|об экологии|environment|антивирус|virus|внешн\w+\s(?:отправител|почт|источник|адрес)|from"
    r" outside|external"
)
