/* The world of guestabi.model for one design and one VMM behaviour, written by hand for Spin:
   vm-scoped, list-lenient, nobody but the VMM sets registers. P3 is the assertion. The scratch
   bytes are zero between steps, so that they add no states.
   spin -DKERNELS=3 -DVMMS=3 -a vm_scoped.pml; at most 6 kernels. */

#ifndef KERNELS
#define KERNELS 3
#endif
#ifndef VMMS
#define VMMS 3
#endif
#define NONE 0
#define CREATED 1
#define ONE 2
#define READY 3
#define RAN 4
#define SAVED 5
#define LOADED 6
#define LOST 7
#define AWAY 2
#define KNOWN(n) ((1 << (n)) - 1)

byte kernel[2];
byte vmm[2];
byte phase = NONE;
byte place = AWAY;
byte mask;      /* services that the guest shows; in a stream, that it showed */
byte newest;    /* newest VMM that ever had it */
byte from_kernel;
byte from_vmm;
byte section;
byte refused;
byte now_on;

#define VERSIONS(h) \
  :: d_step { place != h && kernel[h] < KERNELS - 1 -> kernel[h]++ } \
  :: d_step { place != h && kernel[h] > 0 -> kernel[h]-- } \
  :: d_step { place != h && vmm[h] < VMMS - 1 -> vmm[h]++ } \
  :: d_step { place != h && vmm[h] > 0 -> vmm[h]-- }

#define SET(h, r) \
  :: d_step { phase == CREATED && place == h && r <= kernel[h] && r <= vmm[h] -> \
       mask = mask ^ (1 << (r - 1)) }

#define LIFE(h) \
  :: d_step { phase == NONE -> phase = CREATED; place = h; newest = vmm[h] } \
  :: d_step { phase == CREATED && place == h -> phase = ONE } \
  :: d_step { phase == ONE && place == h -> phase = READY } \
  :: d_step { (phase == READY || phase == LOADED) && place == h -> phase = RAN } \
  :: d_step { (phase == RAN || phase == LOADED) && place == h -> \
       phase = SAVED; place = AWAY; from_kernel = kernel[h]; from_vmm = vmm[h] } \
  :: d_step { phase == SAVED -> \
       section = mask & KNOWN(from_vmm) & KNOWN(from_kernel) & KNOWN(vmm[h]); \
       refused = section & ~KNOWN(kernel[h]); \
       now_on = section & KNOWN(kernel[h]); \
       if \
       :: refused != 0 -> skip \
       :: else -> \
          if \
          :: now_on != mask -> \
             assert(!(vmm[h] < from_vmm && kernel[h] == from_kernel)); \
             phase = LOST; mask = 0; newest = 0 \
          :: else -> \
             phase = LOADED; \
             if :: vmm[h] > newest -> newest = vmm[h] :: else -> skip fi \
          fi; \
          place = h; from_kernel = 0; from_vmm = 0 \
       fi; \
       section = 0; refused = 0; now_on = 0 }

#define SETS(h) SET(h, 1) SET(h, 2) SET(h, 3) SET(h, 4) SET(h, 5)

active proctype world()
{
  do
  VERSIONS(0)
  VERSIONS(1)
  LIFE(0)
  LIFE(1)
  SETS(0)
  SETS(1)
  od
}
