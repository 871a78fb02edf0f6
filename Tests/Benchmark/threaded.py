"""A script as a competent user would write it: boto3, requests, sixteen threads, and a look at whether the key works.

It makes the key, waits until STS answers for it three times a second apart (as keyturn does), and writes both variables of
every project, with a session for each thread and retries by urllib3. No journal, no sealing, nothing to go on with after a crash.
"""

import concurrent.futures
import json
import sys
import threading
import time

import boto3
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

local = threading.local()


def session(token):
    if not hasattr(local, "session"):
        local.session = requests.Session()
        local.session.headers["PRIVATE-TOKEN"] = token
        retry = Retry(total=3, backoff_factor=0.5, status_forcelist=[429, 502, 503, 504], allowed_methods=None)
        local.session.mount("http://", HTTPAdapter(max_retries=retry))
    return local.session


def push(endpoint, token, number, pair):
    address = f"{endpoint}/api/v4/projects/acme%2Fapp-{number}/variables"
    for name, value in pair.items():
        session(token).put(f"{address}/{name}", json={"value": value}, timeout=30).raise_for_status()


def verify(aws, key, secret):
    answers = 0
    while answers < 3:
        client = boto3.client("sts", endpoint_url=aws, region_name="us-west-2", aws_access_key_id=key, aws_secret_access_key=secret)
        try:
            client.get_caller_identity()
            answers += 1
        except client.exceptions.ClientError:
            answers = 0
        if answers < 3:
            time.sleep(1)


def main(aws, endpoint, token, count, verifies):
    iam = boto3.client("iam", endpoint_url=aws, region_name="us-west-2", aws_access_key_id="AKIAOPERATOR", aws_secret_access_key="x")
    iam.list_access_keys(UserName="bench")
    made = iam.create_access_key(UserName="bench")["AccessKey"]
    if verifies:
        verify(aws, made["AccessKeyId"], made["SecretAccessKey"])
    pair = {"AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"], "AWS_ACCESS_KEY_ID": made["AccessKeyId"]}
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for done in [pool.submit(push, endpoint, token, number, pair) for number in range(1, count + 1)]:
            done.result()


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
