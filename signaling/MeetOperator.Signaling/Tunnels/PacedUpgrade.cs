using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;

namespace MeetOperator.Signaling.Tunnels;

/// <summary>
/// Reads a connection that is upgraded no faster than its request says. .NET answers WebSocket pings without showing them, so their bytes can only be counted here.
/// </summary>
internal sealed class PacedUpgrade(IHttpUpgradeFeature upgrade, TimeProvider time) : IHttpUpgradeFeature
{
    /// <summary>How fast to read; null for as fast as the reader does. It counts from the upgrade on.</summary>
    public TunnelPace? Pace { get; set; }

    public bool IsUpgradableRequest => upgrade.IsUpgradableRequest;

    /// <summary>To be used before WebSockets, which keep the feature that they find.</summary>
    public static void Use(WebApplication app, TimeProvider time) => app.Use(next => context =>
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade)
        {
            var paced = new PacedUpgrade(upgrade, time);
            context.Features.Set<IHttpUpgradeFeature>(paced);
            context.Features.Set(paced);
        }

        return next(context);
    });

    public async Task<Stream> UpgradeAsync()
    {
        var stream = await upgrade.UpgradeAsync().ConfigureAwait(false);
        return Pace is { } pace ? new PacedStream(stream, pace, time) : stream;
    }
}
