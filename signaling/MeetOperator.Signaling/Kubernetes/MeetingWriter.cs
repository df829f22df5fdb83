using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Metadata;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.Kubernetes;

/// <summary>Creates and ends meetings: both the Meeting object and the database row.</summary>
internal sealed partial class MeetingWriter(KubeClient kube, MeetingDirectory directory, IMeetingRepository rows, TimeProvider time, ILogger<MeetingWriter> logger)
{
    private static readonly WriteOptions AsSignaling = new() { FieldManager = FieldManagers.Signaling };

    /// <summary>Timeout of a call to the API server.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    /// <param name="id">ID of the meeting for a repeatable request, which must always create the same meeting; null generates an ID.</param>
    /// <param name="request">The validated request.</param>
    /// <param name="mode">The validated mode.</param>
    /// <param name="tenant">The owner of the meeting.</param>
    /// <param name="ct">Cancels the call.</param>
    public async Task<Meeting> CreateAsync(string? id, CreateMeetingRequest request, MeetingMode mode, Tenant tenant, CancellationToken ct)
    {
        var meeting = Build(id ?? Guid.NewGuid().ToString("D"), request, mode, tenant);
        await rows.AddAsync(RowOf(meeting, tenant.Metadata.Name!, time.GetUtcNow()) with { StartTime = (request.StartTime ?? time.GetUtcNow()).ToUnixTimeMilliseconds() }, ct)
            .ConfigureAwait(false);
        try
        {
            return await CallWithTimeoutAsync(limit => kube.CreateAsync(meeting, limit, AsSignaling), ct).ConfigureAwait(false);
        }
        catch (KubeApiException e) when (id is not null && e.IsAlreadyExists)
        {
            // Another request with the same idempotency key created the meeting.
            return await GetAsync(meeting.Metadata.NamespacedName, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (id is not null)
        {
            // No rollback: the caller may repeat the request, or another request with the same key may have created the meeting.
            throw Translate(e);
        }
        catch (Exception e)
        {
            RollBack(meeting, tenant.Metadata.Name!, e);
            throw Translate(e);
        }
    }

    /// <summary>
    /// Requests the end of the meeting that the host token was issued for, and of no other meeting with the same ID. The operator ends the meeting. The row is
    /// closed here, so that no chat message is stored after the response.
    /// </summary>
    public async Task EndAsync(TokenSubject host, CancellationToken ct)
    {
        if (directory.FindTenant(host.Tenant) is not { } tenant)
        {
            if (!directory.HasSynced)
            {
                throw new ProblemException(ProblemCode.Unavailable, "This server has just started and is still reading the meetings. Try again later.") { RetryAfter = TimeSpan.FromSeconds(2) };
            }

            // The meetings of a deleted tenant are deleted with it.
            await CloseAsync().ConfigureAwait(false);
            return;
        }

        var name = new NamespacedName(tenant.Spec.Namespace, host.MeetingId);
        var patch = new JsonObject { ["spec"] = new JsonObject { ["desiredState"] = nameof(MeetingDesiredState.Ended) } };
        if (host.MeetingUid is { } uid)
        {
            patch["metadata"] = new JsonObject { ["uid"] = uid };
        }

        try
        {
            await CallWithTimeoutAsync(limit => kube.MergePatchAsync<Meeting>(name, patch, limit, AsSignaling), ct).ConfigureAwait(false);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            // The meeting is already deleted, which is the requested state.
        }
        catch (KubeApiException e) when (host.MeetingUid is not null && (e.IsInvalid || e.IsConflict))
        {
            if ((await GetAsync(name, ct).ConfigureAwait(false)).Metadata.Uid == host.MeetingUid)
            {
                throw Translate(e);
            }

            // The meeting is already deleted, and the row belongs to a later meeting with the same ID.
            return;
        }
        catch (Exception e) when (e is KubeApiException or HttpRequestException or TimeoutException)
        {
            throw Translate(e);
        }

        await CloseAsync().ConfigureAwait(false);

        Task CloseAsync() => rows.CloseAsync(host.Tenant, host.MeetingId, time.GetUtcNow().ToUnixTimeMilliseconds(), ct);
    }

    /// <summary>Creates the row of a meeting that was created with kubectl or GitOps, on its first join. Returns false if the row already exists.</summary>
    public Task<bool> EnsureRowAsync(MeetingView view, CancellationToken ct) =>
        rows.AddAsync(RowOf(view.Object, view.TenantName, view.Object.Metadata.CreationTimestamp ?? time.GetUtcNow()) with { MeetingId = view.Id }, ct);

    /// <summary>Writes how media flows into the status of the meeting. If that fails, logs the reason.</summary>
    public async Task SetTopologyAsync(MeetingView view, MediaTopology topology, CancellationToken ct)
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = view.Object.Metadata.Uid },
            ["status"] = new JsonObject { ["topology"] = topology.ToString() },
        };
        try
        {
            await CallWithTimeoutAsync(limit => kube.MergePatchAsync<Meeting>(view.Object.Metadata.NamespacedName, patch, limit, AsSignaling with { Subresource = "status" }), ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is KubeApiException or HttpRequestException or TimeoutException)
        {
            LogTopologyNotWritten(logger, view.Id, e.Message);
        }
    }

    internal static Meeting Build(string id, CreateMeetingRequest request, MeetingMode mode, Tenant tenant)
    {
        var settings = request.Settings ?? new MeetingSettings();
        var defaults = new MeetingSpec();
        var max = Math.Min(defaults.MaxParticipants, tenant.Spec.Quotas.ParticipantsPerMeeting ?? defaults.MaxParticipants);
        return new Meeting
        {
            Metadata = new ObjectMeta
            {
                Name = id,
                Namespace = tenant.Spec.Namespace,
                Labels = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    [MeetLabels.Tenant] = tenant.Metadata.Name!,
                    [MeetLabels.Meeting] = id,
                },
                // Saves the operator the update that adds the finalizer.
                Finalizers = [MeetFinalizers.FreeRoom],
            },
            Spec = defaults with
            {
                TenantRef = new TenantReference { Name = tenant.Metadata.Name! },
                Title = request.Title,
                Mode = mode,
                MaxParticipants = settings.MaxParticipants ?? max,
                Media = defaults.Media with { E2ee = settings.E2ee == nameof(MeetingE2ee.Required) ? MeetingE2ee.Required : MeetingE2ee.Off },
                Access = defaults.Access with { MuteOnEntry = settings.MuteOnEntry ?? defaults.Access.MuteOnEntry },
                Lifecycle = defaults.Lifecycle with
                {
                    EmptyTimeoutSeconds = settings.EmptyTimeoutSeconds ?? defaults.Lifecycle.EmptyTimeoutSeconds,
                    MaxDurationMinutes = settings.MaxDurationMinutes,
                },
            },
        };
    }

    private static MeetingRow RowOf(Meeting meeting, string tenant, DateTimeOffset start) => new()
    {
        Tenant = tenant,
        MeetingId = meeting.Metadata.Name!,
        HostId = meeting.Spec.HostSubject ?? string.Empty,
        Title = meeting.Spec.Title ?? meeting.Metadata.Name!,
        StartTime = start.ToUnixTimeMilliseconds(),
        MaxParticipants = meeting.Spec.MaxParticipants,
        Settings = SettingsOf(meeting.Spec).ToJsonString(),
    };

    private static JsonObject SettingsOf(MeetingSpec spec) => new()
    {
        ["mode"] = spec.Mode.ToString(),
        ["e2ee"] = spec.Media.E2ee.ToString(),
        ["muteOnEntry"] = spec.Access.MuteOnEntry,
        ["emptyTimeoutSeconds"] = spec.Lifecycle.EmptyTimeoutSeconds,
        ["maxDurationMinutes"] = spec.Lifecycle.MaxDurationMinutes,
    };

    private static Exception Translate(Exception e) => e switch
    {
        KubeApiException { IsTooManyRequests: true } api => new ProblemException(ProblemCode.QuotaExceeded, api.Status.Message ?? "Too many meetings.") { RetryAfter = api.RetryAfter ?? TimeSpan.FromSeconds(1) },
        KubeApiException { IsInvalid: true } api => new ProblemException(ProblemCode.InvalidRequest, api.Status.Message ?? "The meeting is not valid."),
        KubeApiException { IsForbidden: true } api when api.Status.Message?.Contains("quota", StringComparison.OrdinalIgnoreCase) == true =>
            new ProblemException(ProblemCode.QuotaExceeded, "The tenant's quota is exhausted.") { RetryAfter = TimeSpan.FromSeconds(10) },
        KubeApiException or HttpRequestException or TimeoutException =>
            new ProblemException(ProblemCode.Unavailable, "The Kubernetes API server is unavailable or rejected the request. Try again later.") { RetryAfter = TimeSpan.FromSeconds(2) },
        _ => e,
    };

    private async Task<Meeting> GetAsync(NamespacedName name, CancellationToken ct)
    {
        try
        {
            return await CallWithTimeoutAsync(limit => kube.GetAsync<Meeting>(name, limit), ct).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw Translate(e);
        }
    }

    private async Task<Meeting> CallWithTimeoutAsync(Func<CancellationToken, Task<Meeting>> call, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(CallTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return await call(linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException("The Kubernetes API server did not respond in time.", e);
        }
    }

    /// <summary>
    /// Deletes the row and, because the API server may have stored it despite the error, the Meeting object. An object that remains ends after its empty timeout.
    /// Runs in the background, so the caller does not wait.
    /// </summary>
    private void RollBack(Meeting meeting, string tenant, Exception error) => _ = Task.Run(async () =>
    {
        try
        {
            if (error is not KubeApiException)
            {
                using var limit = new CancellationTokenSource(CallTimeout, time);
                await kube.TryDeleteAsync<Meeting>(meeting.Metadata.NamespacedName, limit.Token).ConfigureAwait(false);
            }

            await rows.RemoveAsync(tenant, meeting.Metadata.Name!, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogRollBackFailed(logger, meeting.Metadata.Name!, e.Message);
        }
    });

    [LoggerMessage(3024, LogLevel.Warning, "Meeting {Meeting}: the topology could not be written into its status, and is tried again later: {Reason}")]
    private static partial void LogTopologyNotWritten(ILogger logger, string meeting, string reason);

    [LoggerMessage(3010, LogLevel.Warning, "Meeting {Meeting}: rollback after a failed creation failed, so its Meeting object may still exist: {Reason}")]
    private static partial void LogRollBackFailed(ILogger logger, string meeting, string reason);
}
