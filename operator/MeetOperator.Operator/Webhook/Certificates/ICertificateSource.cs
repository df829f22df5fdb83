namespace MeetOperator.Operator.Webhook.Certificates;

/// <summary>Where the webhook's serving certificate comes from.</summary>
internal interface ICertificateSource
{
    /// <summary>Looks whether there is a newer certificate; <paramref name="present"/> is returned when there is not.</summary>
    Task<ServingCertificate?> RefreshAsync(ServingCertificate? present, CancellationToken ct);
}
