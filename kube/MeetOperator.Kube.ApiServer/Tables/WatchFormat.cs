using System.Buffers;
using System.Text;
using MeetOperator.Kube.ApiServer.Http;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Storage;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.ApiServer.Tables;

/// <summary>Writes watch events, plain or as tables of one row.</summary>
internal sealed class WatchFormat(HttpContext http, ResourceDefinition resource, TimeProvider time)
{
    private readonly string _form = Representation.Asked(http);
    private bool _withoutColumns;

    public void Write(IBufferWriter<byte> output, string type, StoredObject stored)
    {
        output.Write("{\"type\":\""u8);
        Encoding.UTF8.GetBytes(type, output);
        output.Write("\",\"object\":"u8);
        if (_form == Representation.Table)
        {
            // Columns are sent once, as the API server does.
            JsonText.Write(output, TableFormat.Of(http, resource, [stored], time.GetUtcNow(), stored.Version, null, null, _withoutColumns));
            _withoutColumns = true;
        }
        else
        {
            output.Write(_form == Representation.Metadata ? Representation.MetadataOf(stored) : ReadEndpoint.Bytes(stored, resource));
        }

        output.Write("}\n"u8);
    }
}
