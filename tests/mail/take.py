"""A server for e-mails: prints its port, then each e-mail as a line of JSON."""

import email
import email.policy
import json
import socket
import threading

from aiosmtpd.controller import Controller


class Take:
    async def handle_DATA(self, server, session, envelope):
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        told = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "subject": letter["subject"],
            "text": letter.get_content(),
        }
        print(json.dumps(told), flush=True)
        return "250 taken"


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
controller = Controller(Take(), hostname="127.0.0.1", port=port)
controller.start()
print(port, flush=True)
threading.Event().wait()
