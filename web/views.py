"""The pages: what the service is, a new annotation, the list of jobs, one job and its files."""

import time

from flask import Blueprint, abort, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from util import jobs
from util.cloud import BotoCoreError, ClientError, error_code
from util.errors import JobNotFound
from util.jobs import Job, Status
from util.messages import JobRequested
from web import uploads
from web.decorators import authenticated, current_profile
from web.links import attachment
from web.services import services

views = Blueprint("views", __name__)

PLAIN_TYPE = "text/plain; charset=utf-8"
COMPRESSED_TYPE = "application/gzip"


@views.get("/")
def home() -> ResponseReturnValue:
    """Say what the service does."""
    return render_template("home.html")


@views.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Tell a load balancer that this server answers; what the server depends on is not its business."""
    return jsonify(status="ok")


@views.get("/annotate")
@authenticated
def annotate() -> ResponseReturnValue:
    """Show the form that takes a VCF file straight to S3."""
    profile, gas = current_profile(), services()
    limit = uploads.size_limit(gas.settings, is_premium=profile.is_premium)
    form, script_form = uploads.upload_forms(gas.cloud, gas.settings, profile.id, limit)
    return render_template(
        "annotate.html",
        form=form,
        script_form=script_form,
        limit=limit,
        is_premium=profile.is_premium,
        assemblies=uploads.ASSEMBLIES,
        assembly_field=uploads.ASSEMBLY_FIELD,
        name_limit=uploads.MAX_NAME_BYTES,
        suffixes=jobs.VCF_SUFFIXES,
    )


@views.get("/annotate/job")
@authenticated
def create_job() -> ResponseReturnValue:
    """Make the job for an upload; S3 redirects here.

    S3 redirects with GET, so this GET changes something. It is safe: the key holds a job ID that only this user's
    upload page knew, the user must be logged in, and a second visit finds the job and makes no other.
    """
    profile, gas = current_profile(), services()
    upload = uploads.claimed_upload(
        gas.settings, profile.id, request.args.get("bucket", ""), request.args.get("key", "")
    )
    job = _existing(upload, profile.id)
    if job is None:
        limit = uploads.size_limit(gas.settings, is_premium=profile.is_premium)
        job = uploads.accept(gas.cloud, upload, limit, user_id=profile.id, now=int(time.time()))
        if gas.store.create(job):
            current_app.logger.info("job created job_id=%s user_id=%s", job.job_id, job.user_id)
        else:
            # The redirect was opened twice at once, and the other request was faster.
            job = gas.store.get_for_user(job.job_id, profile.id)
    if job.job_status is Status.PENDING:
        _request_annotation(job)
    return redirect(url_for("views.annotation_details", job_id=job.job_id), 303)


def _existing(upload: uploads.Upload, user_id: str) -> Job | None:
    """Return the job that was made for this upload before. Raises NotTheOwner and Refused."""
    try:
        job = services().store.get_for_user(upload.job_id, user_id)
    except JobNotFound:
        return None
    if job.s3_key_input_file != upload.key:
        raise uploads.Refused(
            409, f"The upload page that sent {upload.file_name} was used already. Open a new one and upload it again."
        )
    return job


def _request_annotation(job: Job) -> None:
    """Tell the annotators. The job is recorded by now, so a reload of this page can make up for a failure."""
    gas = services()
    try:
        gas.cloud.publish(gas.settings.sns.job_requests_topic, JobRequested(job_id=job.job_id, user_id=job.user_id))
    except (ClientError, BotoCoreError):
        current_app.logger.exception("job not announced job_id=%s user_id=%s", job.job_id, job.user_id)
        abort(
            503,
            description="Your file is uploaded and your request is recorded, but it could not be queued just now. "
            "Reload this page in a minute to queue it.",
        )


@views.get("/annotations")
@authenticated
def annotations() -> ResponseReturnValue:
    """List the user's jobs, newest first."""
    gas = services()
    token = request.args.get("token")
    page = gas.store.list_for_user(current_profile().id, limit=gas.settings.web.page_size, token=token)
    for job in page.jobs:
        _remind(job)
    return render_template("annotations.html", page=page, is_first=token is None)


@views.get("/annotations/<job_id>")
@authenticated
def annotation_details(job_id: str) -> ResponseReturnValue:
    """Show one job."""
    job = _own(job_id)
    _remind(job)
    return render_template("annotation_details.html", job=job)


def _remind(job: Job) -> None:
    """Tell the annotators of a job that waits suspiciously long: a server may have died before it could."""
    gas, now = services(), int(time.time())
    patience = gas.settings.web.reminder_seconds
    if job.job_status is not Status.PENDING or job.submit_time > now - patience:
        return
    if gas.store.claim_request(job.job_id, now=now, older_than=patience):
        gas.cloud.publish(gas.settings.sns.job_requests_topic, JobRequested(job_id=job.job_id, user_id=job.user_id))
        current_app.logger.warning("job announced again job_id=%s user_id=%s", job.job_id, job.user_id)


@views.get("/annotations/<job_id>/log")
@authenticated
def annotation_log(job_id: str) -> ResponseReturnValue:
    """Show the log of a finished job in the page."""
    job, gas = _own(job_id), services()
    if not job.s3_key_log_file:
        abort(404, description="This job has no log yet; it is written when the job is done.")
    try:
        body = gas.cloud.s3.get_object(Bucket=job.s3_results_bucket, Key=job.s3_key_log_file)["Body"]
    except ClientError as error:
        if error_code(error) not in uploads.MISSING_CODES:
            raise
        abort(404, description="The log of this job is not there any more.")
    limit = gas.settings.web.log_view_limit
    with body:
        text = body.read(limit + 1)
    return render_template(
        "view_log.html", job=job, log=text[:limit].decode(errors="replace"), limit=limit, is_cut=len(text) > limit
    )


@views.get("/annotations/<job_id>/input")
@authenticated
def annotation_input(job_id: str) -> ResponseReturnValue:
    """Download the input file."""
    job = _own(job_id)
    return _download(job.s3_inputs_bucket, job.s3_key_input_file, job.input_file_name)


@views.get("/annotations/<job_id>/results")
@authenticated
def annotation_results(job_id: str) -> ResponseReturnValue:
    """Download the annotated file."""
    job = _own(job_id)
    if not job.s3_results_bucket or not job.s3_key_result_file:
        abort(404, description="This job has no results file; a file is there when the job is completed.")
    return _download(job.s3_results_bucket, job.s3_key_result_file, jobs.result_file_name(job.input_file_name))


@views.get("/subscribe")
@authenticated
def subscribe() -> ResponseReturnValue:
    """Say what Premium brings."""
    return render_template("subscribe.html", profile=current_profile())


def _own(job_id: str) -> Job:
    """Return the job, provided that it belongs to the user who asks. Raises JobNotFound and NotTheOwner."""
    return services().store.get_for_user(job_id, current_profile().id)


def _download(bucket: str, key: str, file_name: str) -> ResponseReturnValue:
    """Send the browser to S3 by a link that soon ends and saves the file under its own name."""
    gas = services()
    parameters = {
        "Bucket": bucket,
        "Key": key,
        "ResponseContentDisposition": attachment(file_name),
        "ResponseContentType": PLAIN_TYPE if file_name.lower().endswith(".vcf") else COMPRESSED_TYPE,
    }
    url = gas.cloud.s3.generate_presigned_url("get_object", parameters, ExpiresIn=gas.settings.web.download_seconds)
    return redirect(url, 302)
