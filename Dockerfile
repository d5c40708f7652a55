# The images of compose.yaml, one per role and each with what its role needs: `docker compose build`.

# ---- programs

FROM debian:bookworm-slim AS build
COPY script/bootstrap /src/script/
RUN /src/script/bootstrap build
COPY . /src
WORKDIR /src
RUN cmake --preset release -DBUILD_TESTING=OFF -DCMAKE_INSTALL_PREFIX=/usr \
 && cmake --build --preset release \
 && DESTDIR=/out cmake --install build/release --strip

# ---- what the roles share: a user, the bus and plumectl, which asks for their health

FROM debian:bookworm-slim AS role
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
	libjansson4 libmbedcrypto7 libmbedx509-1 libmicrohttpd12 libmsgpackc2 libnng1 libsodium23 libuv1 \
 && apt-get clean && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent \
	--shell /usr/sbin/nologin plume \
 && install -d -o plume -g plume -m 0700 /etc/plume/certs /var/lib/plume
COPY --from=build /out/usr/bin/plumectl /usr/bin/
WORKDIR /var/lib/plume
USER 10001

FROM role AS broker
USER root
RUN apt-get update \
 && apt-get install -y --no-install-recommends libicu72 libsqlite3-0 \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/usr/bin/plume-broker /usr/bin/
ENV PLUME_STATE=/var/lib/plume/room.db PLUME_CONTROL_KEY=/var/lib/plume/room.db.control-key
USER 10001
ENTRYPOINT ["plume-broker"]

FROM role AS gateway
USER root
RUN apt-get update \
 && apt-get install -y --no-install-recommends libwebsockets17 libwebsockets-evlib-uv \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/usr/bin/plume-gateway /usr/bin/
COPY --from=build /out/usr/share/plume /usr/share/plume
ENV PLUME_LISTEN=0.0.0.0:8080
USER 10001
ENTRYPOINT ["plume-gateway"]

FROM role AS mailer
USER root
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libcurl4 libsqlite3-0 \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/usr/bin/plume-mailer /usr/bin/
ENV PLUME_AUDIT=/var/lib/plume/audit.db
USER 10001
ENTRYPOINT ["plume-mailer"]

# ---- what stands around them

FROM role AS lb
USER root
RUN apt-get update \
 && apt-get install -y --no-install-recommends haproxy \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY deploy/compose/haproxy.cfg /etc/haproxy/haproxy.cfg
WORKDIR /
USER 10001
ENTRYPOINT ["haproxy", "-W", "-db", "-f", "/etc/haproxy/haproxy.cfg"]

FROM role AS sink
USER root
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3-minimal python3-aiosmtpd \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY deploy/compose/sink /usr/bin/plume-sink
WORKDIR /
USER 10001
ENTRYPOINT ["plume-sink"]

FROM role AS certs
USER root
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates openssl \
 && apt-get clean && rm -rf /var/lib/apt/lists/* \
 && install -d -o plume -g plume -m 0700 /certs /certs/all /certs/broker /certs/gateway \
	/certs/mailer /certs/sink
COPY script/bus-certs /usr/bin/plume-bus-certs
COPY deploy/compose/certs /usr/bin/plume-certs
WORKDIR /
USER 10001
ENTRYPOINT ["plume-certs"]
