# The steps of the README on Debian 12. To build and to look at the book on http://127.0.0.1:8000 :
#   docker build -t zhejiang-recomputed . && docker run --rm -p 127.0.0.1:8000:8000 zhejiang-recomputed
# Its notebooks in JupyterLab, at the address that is printed:
#   docker run --rm -p 127.0.0.1:8888:8888 zhejiang-recomputed jupyter lab book --ip=0.0.0.0 --no-browser
FROM debian:12 AS tools
ENV LANG=C.UTF-8
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y \
      git make python3-venv \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --shell /bin/bash --uid 1000 reader
USER reader

FROM tools
COPY --chown=reader . /zhejiang-recomputed
WORKDIR /zhejiang-recomputed
RUN make book
ENV PATH=/zhejiang-recomputed/.venv/bin:$PATH JUPYTER_CONFIG_PATH=/zhejiang-recomputed/book/_lab
EXPOSE 8000 8888
CMD ["python3", "-m", "http.server", "--directory", "_build/html", "8000"]
