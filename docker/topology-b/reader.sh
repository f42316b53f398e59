# Gives CoreDNS an account that can read and nothing else: it is what strangers talk to. The MariaDB
# image sources this once, when its volume is new. The account is what stands in the DSN of the reader.
# shellcheck shell=bash

(
    dsn=$(<"${READER_DSN_FILE:?}")
    # user:password@tcp(host:port)/database; a password may hold any of : @ /
    login=${dsn%/*}
    login=${login%@*}
    password=${login#*:}
    password=${password//\\/\\\\}
    docker_process_sql <<SQL
CREATE USER '${login%%:*}'@'%' IDENTIFIED BY '${password//\'/\\\'}';
GRANT SELECT ON \`${MARIADB_DATABASE:?}\`.* TO '${login%%:*}'@'%';
SQL
)
