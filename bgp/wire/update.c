/* Framing of UPDATE and ROUTE-REFRESH; see the header for the boundary. */
#include "bgp/wire/update.h"

#include "bgp/bgp.h"

enum { MP_UNREACH_NLRI = 15, ATTR_OPTIONAL = 0x80 };

bool bgp_update_split(struct bgp_cursor body, struct bgp_update *out, struct bgp_fault *f)
{
    out->withdrawn = bgp_get_part(&body, bgp_get_u16(&body));
    out->attributes = bgp_get_part(&body, bgp_get_u16(&body));
    if (body.bad)
        return bgp_fault(f, BGP_ERR_UPDATE, BGP_UPDATE_MALFORMED);
    out->nlri = body;
    return true;
}

size_t bgp_end_of_rib_encode(enum bgp_family family, uint8_t *buf, size_t n)
{
    struct bgp_writer w = bgp_writer_on(buf, n);

    bgp_frame_begin(&w, BGP_UPDATE);
    bgp_put_u16(&w, 0);
    if (family == BGP_IPV4_UNICAST) {
        bgp_put_u16(&w, 0);
        return bgp_frame_end(&w);
    }
    bgp_put_u16(&w, 6);
    bgp_put_u8(&w, ATTR_OPTIONAL);
    bgp_put_u8(&w, MP_UNREACH_NLRI);
    bgp_put_u8(&w, 3);
    bgp_put_u16(&w, bgp_family_info[family].afi);
    bgp_put_u8(&w, bgp_family_info[family].safi);
    return bgp_frame_end(&w);
}

size_t bgp_refresh_encode(enum bgp_family family, enum bgp_refresh_subtype subtype, uint8_t *buf,
                          size_t n)
{
    struct bgp_writer w = bgp_writer_on(buf, n);

    bgp_frame_begin(&w, BGP_REFRESH);
    bgp_put_u16(&w, bgp_family_info[family].afi);
    bgp_put_u8(&w, subtype);
    bgp_put_u8(&w, bgp_family_info[family].safi);
    return bgp_frame_end(&w);
}
