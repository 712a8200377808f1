"""`otklik serve`: one command that keeps the whole desk running.

    supervisor     owns the sockets and the lock of the data folder; tiny, no Django, no secrets
      crew         imports Django once, prepares the database, then forks and watches
        web …      uvicorn on the inherited socket
        engine     mail in and out, events, jobs, moments: the one background writer
          parser   reads hostile mail; executed afresh with an empty environment, so it never held a secret

A process that dies is started again with a growing delay. When the supervisor is killed, the kernel ends the crew, and
the crew's end ends its children. HUP starts a second crew from the code on disk and ends the first when it is ready.
"""
